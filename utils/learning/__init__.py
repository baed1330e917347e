"""Learners, critics and the bug clinic."""
