"""Import this before ``nbformat`` or Jupyter Book, so that they leave out a grammar of addresses.

``jsonschema`` takes the package if it is there, to judge addresses, which no schema here asks for.
It compiles its grammar as it is imported, which takes longer than reading a chapter.
"""

import sys

sys.modules.setdefault("rfc3987_syntax", None)  # an import fails as if it were not installed
