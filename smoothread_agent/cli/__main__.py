"""python -m smoothread_agent.cli"""

from smoothread_agent.cli import main

main()
