"""What one lesson alone needs: the checks of its exercises, the original optimizer."""
