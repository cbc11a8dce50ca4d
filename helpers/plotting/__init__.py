"""The figures: what they share in `style`, and a module for each lesson."""
