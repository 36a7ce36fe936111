"""What every page of the studio must bear: axe finds nothing in either theme, and a phone need not scroll sideways."""

WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


def check_page(tab, path: str) -> None:
    """Fails for a violation that axe finds, light or dark, or where the page is wider than a phone."""
    tab.goto(path)
    tab.add_script_tag(url="/static/vendor/axe.js")
    for theme in (
        "light",
        "dark",
    ):  # without motion: a colour on its way from one theme to the other is in neither
        tab.emulate_media(color_scheme=theme, reduced_motion="reduce")
        found = violations(tab)
        assert found == [], f"{path}, {theme}: {found}"
    tab.emulate_media(color_scheme="light", reduced_motion="no-preference")
    tab.set_viewport_size(PHONE)
    assert tab.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], f"{path} scrolls sideways"
    tab.set_viewport_size(WIDE)


def violations(tab) -> list[str]:
    """What axe finds on the page as it stands. It must be loaded."""
    found = tab.evaluate("axe.run()")["violations"]
    return [f"{one['id']}: {one['nodes'][0]['target']} {one['nodes'][0]['failureSummary']}" for one in found]
