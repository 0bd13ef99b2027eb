def site(request: object) -> dict[str, str]:
    return {}
