"""What the scripts of the same names run, inside the environment that ``_env.sh`` made."""
