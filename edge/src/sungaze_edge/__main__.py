"""`python -m sungaze_edge` is `sungaze-edge`."""

import sys

from sungaze_edge.cli import main

sys.exit(main())
