"""The decimals and fractions that each page states, with the computation behind each.

One module a page, ``chapter_01`` and so on, each with a tuple ``NUMBERS`` of `prose.Stated`.
"""
