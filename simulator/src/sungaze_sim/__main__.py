import sys

from sungaze_sim.cli import main

sys.exit(main())
