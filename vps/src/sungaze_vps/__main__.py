"""`python -m sungaze_vps` is `sungaze-vps`."""

from sungaze_vps.cli import main

main()
