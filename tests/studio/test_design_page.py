"""The living page of the design system: whatever the stylesheet has is on it, in both themes."""

import re
from collections import Counter

import pytest
from page_checks import check_page
from playwright.sync_api import expect
from starlette.testclient import TestClient

from groundup.studio.app import create_app
from groundup.studio.gallery import GROUPS, tokens
from groundup.studio.pages import STATIC
from groundup.widgets.bundle import LAYERS

SHEETS = "".join((STATIC / "css" / f"{layer}.css").read_text(encoding="utf-8") for layer in LAYERS)
CSS = re.sub(r"/\*.*?\*/", "", SHEETS, flags=re.DOTALL)


@pytest.fixture
def html(home) -> str:
    return TestClient(create_app(), base_url="http://127.0.0.1").get("/design").text


def classes(html: str) -> set[str]:
    return {name for found in re.findall(r'class="([^"]*)"', html) for name in found.split()}


def test_every_class_of_the_stylesheet_is_shown_in_either_theme(html) -> None:
    selectors = [one for one in re.findall(r"([^{}]+)\{", CSS) if not one.strip().startswith("@")]
    styled = {name for one in selectors for name in re.findall(r"\.([a-zA-Z][\w-]*)", one)}
    assert len(styled) > 200
    page, light, dark = re.split(r'class="theme-(?:light|dark) paper swatch"', html)
    of_the_page = classes(page) | {"theme-light", "theme-dark", "swatch", "paper"}
    assert styled - of_the_page - classes(light) == set()
    assert styled - of_the_page - classes(dark) == set()
    assert of_the_page & styled - classes(light) <= {
        "skip",
        "theme",
        "theme-light",
        "theme-dark",
        "swatch",
        "paper",
        "both",
        "band",
    }


def test_every_token_is_read_with_its_value_in_both_themes_and_shown(html) -> None:
    known = tokens((STATIC / "css" / "tokens.css").read_text(encoding="utf-8"))
    root = CSS[CSS.index(":root {") : CSS.index("[data-theme=")]
    assert set(known) == set(re.findall(r"--([\w-]+):", root))
    assert known["ink"].light == "oklch(0.215 0.012 75)"
    assert known["ink"].dark == "oklch(0.935 0.010 92)"
    assert known["s4"].light == known["s4"].dark == "1rem"
    assert known["shade"].dark == "0 1px 2px oklch(0 0 0 / 0.4)"
    assert not any("light-dark" in value for one in known.values() for value in (one.light, one.dark))
    for names in GROUPS.values():
        for name in names:
            assert html.count(f"<code>{name}</code>") == 2
            assert known[name].light in html
            assert known[name].dark in html


def test_no_id_is_there_twice_and_every_label_finds_its_field(html) -> None:
    ids = Counter(re.findall(r'\bid="([^"]+)"', html))
    assert [name for name, count in ids.items() if count > 1] == []
    assert set(re.findall(r'\bfor="([^"]+)"', html)) <= set(ids)
    assert set(re.findall(r'href="#([^"]+)"', html)) <= set(ids)


@pytest.mark.slow
@pytest.mark.long
def test_it_stands_on_a_phone_bears_axe_and_its_widgets_live(tab) -> None:
    check_page(tab, "/design")
    expect(tab.locator(".live section.widget footer")).to_have_count(4)
    for theme in (".theme-light", ".theme-dark"):
        part = tab.locator(f"{theme} .live[data-widget=slope]")
        part.locator(".handle").first.press("ArrowLeft")
        expect(part.locator(".formula")).to_contain_text("height at 2.9")
    painted = [
        tab.locator(f"{theme} .live canvas").first.evaluate(
            "(one) => [...one.getContext('2d').getImageData(4, 4, 1, 1).data].slice(0, 3)"
        )
        for theme in (".theme-light", ".theme-dark")
    ]
    assert min(painted[0]) > 200  # each canvas in the theme that it stands in
    assert max(painted[1]) < 100
