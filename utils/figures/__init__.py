"""Drawings of the chapters in the house style: one file a chapter, one function a picture."""
