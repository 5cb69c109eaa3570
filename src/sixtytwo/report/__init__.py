"""What makes the book of the results: execution, publication, the site."""

import sys

# jsonschema, which nbformat imports, would build a grammar of web addresses that no notebook needs: more than a second of every
# command. It does without where that package cannot be imported.
sys.modules.setdefault("rfc3987_syntax", None)
