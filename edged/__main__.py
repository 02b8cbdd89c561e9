"""`python -m edged`: the same as the command `edged`.

Knows nothing but where the commands are.
"""

import sys

from edged.cli.main import main

sys.exit(main())
