"""Formulas: KaTeX renders them under the studio's own content policy, and their TeX stays where it cannot."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.slow

RENDER = """async ([tex, kind]) => {
  const place = document.createElement(kind === "block" ? "div" : "span");
  place.className = `math ${kind}`;
  place.textContent = tex;
  document.querySelector("main").append(place);
  await (await import("/static/math.js")).renderMath(document);
  return place.innerHTML;
}"""


def test_formulas_are_set_by_katex_and_no_rule_of_the_page_is_broken(tab) -> None:
    tab.goto("/design")
    expect(tab.locator(".math.inline .katex")).to_have_count(2)
    block = tab.locator(".math.block .katex-display").first
    expect(block).to_be_visible()
    expect(block.locator("annotation")).to_contain_text("\\sqrt{d}")  # a screen reader gets MathML
    tab.evaluate("document.fonts.ready")
    assert tab.evaluate("document.fonts.check('16px KaTeX_Main')")
    # KaTeX places its parts by style properties, which the policy allows from a script: a root has its height.
    assert block.locator(".sqrt").first.bounding_box()["height"] > 15


def test_a_formula_that_katex_cannot_read_stays_as_it_was_written(tab) -> None:
    tab.goto("/settings")
    assert tab.evaluate(RENDER, ["\\frac{a", "inline"]) == "\\frac{a"
    assert 'class="katex"' in tab.evaluate(RENDER, ["a < b", "inline"])


def test_without_the_vendor_folder_the_source_stays_readable(tab) -> None:
    tab.route(
        "**/static/vendor/katex.js",
        lambda route: route.fulfill(body="throw new Error()", content_type="text/javascript"),
    )
    tab.goto("/design")
    tab.wait_for_load_state("networkidle")
    expect(tab.locator(".math.block").first).to_contain_text("\\operatorname{softmax}_j")
    expect(tab.locator(".katex")).to_have_count(0)
