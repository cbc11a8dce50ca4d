"""Names of variables, as figures and histories show them."""


def short_names(paths):
    """`layer/weight` of each variable, or all paths whole where that is ambiguous.

    Args:
        paths: List of strings, the `path` of each variable.
    """
    short = ["/".join(path.split("/")[-2:]) for path in paths]
    return short if len(set(short)) == len(short) else list(paths)
