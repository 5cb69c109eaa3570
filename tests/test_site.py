"""The published site as its readers meet it: in a browser, on a phone, in the dark, by keyboard, without another host."""

import csv
import gzip
import json
from urllib.parse import unquote, urljoin, urlsplit

import bs4
import pytest
from conftest import Visit, build_site, served

from sixtytwo.base import contracts, paths
from sixtytwo.findings import claims
from sixtytwo.report import book, draw_page

PAGES = [*book.pages()[1:], "search.html", "genindex.html"]
AXE = draw_page.RUNTIME.parents[1] / "axe-core" / "axe.min.js"
PHONE = {"width": 360, "height": 740}


@pytest.fixture(scope="module")
def address(site):
    """The site served on loopback."""
    with served(site) as found:
        yield found


@pytest.mark.parametrize("name", PAGES)
def test_page_on_a_phone_is_clean_and_accessible_in_light_and_dark(name, browser, address):
    with Visit(browser, address + name, viewport=PHONE, color_scheme="light", bypass_csp=True) as visit:
        page = visit.page
        if name == "book/draw.html":
            page.evaluate("drawDemo.ready")
            page.get_by_label("Draw a sample O").click()
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        charts = page.locator("figure img:not(picture.chart img)").evaluate_all(
            "found => found.map(image => [image.naturalWidth, image.width])"
        )
        assert all(
            shown >= min(natural // 2, 540) for natural, shown in charts
        )  # wider than the phone, but legible; others have a narrow one
        page.wait_for_load_state("networkidle")
        assert visit.errors == []
        assert [url for url in visit.requests if not url.startswith((address, "data:", "blob:"))] == []
        assert any(url.endswith(".wasm") for url in visit.requests) == (name == "book/draw.html")
        page.add_script_tag(path=AXE)
        for theme, rules in (("light", "{}"), ("dark", "{runOnly: ['color-contrast']}")):
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            page.wait_for_function(f"document.documentElement.dataset.theme === '{theme}'")  # follows the system
            found = page.evaluate(f"axe.run(Object.assign({{resultTypes: ['violations'], preload: false}}, {rules}))")[
                "violations"
            ]
            serious = [
                f"{theme}: {finding['id']}: {node['html'][:150]}"
                for finding in found
                if finding["impact"] in ("serious", "critical")
                for node in finding["nodes"][:3]
            ]
            assert serious == []


@pytest.mark.parametrize("name", ["book/index.html", "notebooks/08_evaluation.html", "book/draw.html"])
def test_page_keeps_its_own_security_policy(name, browser, address):
    with Visit(browser, address + name) as visit:
        visit.page.wait_for_load_state("networkidle")
        assert visit.errors == []
        policy = visit.page.locator("meta[http-equiv='Content-Security-Policy']").get_attribute("content")
        assert "default-src 'self'" in policy


@pytest.fixture(scope="module")
def soups(site):
    """Every page of the site, parsed, by its path."""
    pages = [path for path in site.rglob("*.html") if "_static" not in path.parts]
    return {page.relative_to(site).as_posix(): bs4.BeautifulSoup(page.read_bytes(), "html.parser") for page in pages}


def test_every_internal_link_and_anchor_resolves(site, soups):
    broken = []
    for name, soup in soups.items():
        for tag in soup.find_all(["a", "link", "script", "img"]):
            target = tag.get("href") or tag.get("src")
            if not target or urlsplit(target).scheme:
                continue
            path, anchor = unquote(urlsplit(urljoin(f"/{name}", target)).path[1:]), unquote(urlsplit(target).fragment)
            there = (site / path).is_file()
            if there and anchor and path in soups:
                there = soups[path].find(attrs={"id": anchor})
            if not there:
                broken.append(f"{name}: {target}")
    assert broken == []


def test_evidence_of_every_verdict_is_on_its_page(soups):
    for entry in claims.gather(paths.REFERENCE):
        page, label = entry["evidence"].split("#")
        is_open = entry["verdict"] == claims.OPEN  # its experiment may not be part of the run, nor on the page
        assert is_open or soups[page].find(id=label), f"{entry['id']}: {entry['evidence']}"


def test_site_has_every_page_and_a_footer_on_each(site):
    for page in book.pages():
        text = (site / page).read_text(encoding="utf-8")
        assert page == "index.html" or 'class="provenance"' in text, page
        assert "Traceback (most recent call last)" not in text


def test_site_shows_all_figures_and_tables_of_the_paper(site):
    text = "".join((site / page).read_text(encoding="utf-8") for page in book.pages())
    for label in [
        *(f"Paper Fig. {n}:" for n in range(1, 9)),
        "Paper Table 1:",
        "Paper Tables 2 and 3:",
        "Paper Table 4:",
        "Paper Table 5:",
    ]:
        assert label in text, label


def test_site_without_a_public_address_invents_no_link(site):
    text = "".join((site / page).read_text(encoding="utf-8") for page in book.pages())
    assert "executablebooks/jupyter-book" not in text.replace("jupyterbook.org", "")
    assert "colab.research" not in text and "mybinder.org" not in text


@pytest.mark.slow
def test_site_with_a_public_address_links_to_colab_binder_and_the_source(checkout):
    checkout.environment["GITHUB_REPOSITORY"] = "someone/a-book"
    try:
        checkout("make", "-o", ".venv/ready", "site")
    finally:
        del checkout.environment["GITHUB_REPOSITORY"]
    page = (checkout.folder / "_build" / "site" / "html" / "notebooks" / "03_mlp.html").read_text(encoding="utf-8")
    links = {tag["href"] for tag in bs4.BeautifulSoup(page, "html.parser").select("a[href]")}
    assert "https://colab.research.google.com/github/someone/a-book/blob/main/notebooks/03_mlp.ipynb" in links
    assert "https://mybinder.org/v2/gh/someone/a-book/main?urlpath=tree/notebooks/03_mlp.ipynb" in links
    assert "https://github.com/someone/a-book/edit/main/notebooks/03_mlp.ipynb" in links


def test_second_build_of_the_same_is_skipped(site):
    assert build_site().startswith("unchanged")


def test_every_image_has_a_size_and_says_what_it_shows(soups):
    for name, soup in soups.items():
        for image in soup.select("article img"):
            assert image.get("alt", "").strip(), f"{name}: {image.get('src')}"
            assert image.get("width") or "width" in image.get("style", ""), f"{name}: {image.get('src')}"


def test_banner_stands_on_every_page_unless_the_run_is_the_published_one(soups):
    provenance = contracts.read(paths.REFERENCE / "provenance.json")
    preliminary = provenance["profile"] != "paper" or provenance["dataset"] == "synthetic"
    for name in PAGES[:-2]:
        assert bool(soups[name].select_one(".bd-header-announcement")) == preliminary, name
    for name in ("book/index.html", "book/verdicts.html"):
        assert ("findings come with the full run" in soups[name].text) == preliminary, name


@pytest.mark.parametrize("name", PAGES)
def test_page_is_light(name, site, soups):
    files = {site / name}
    for tag in soups[name].find_all(["link", "script", "img"]):
        target = tag.get("src") or (tag.get("href") if tag.get("rel") != ["preload"] or tag.get("as") == "script" else None)
        if target and not urlsplit(target).scheme:
            files.add(site / unquote(urlsplit(urljoin(f"/{name}", target)).path[1:]))
    weight = sum(len(gzip.compress(path.read_bytes())) for path in files if path.is_file())
    assert weight < (1.5e6 if name == "book/index.html" else 3e6)


def test_search_finds_terms(browser, address):
    with Visit(browser, address + "search.html?q=residual+connection") as visit:
        visit.page.locator("#search-results li").first.wait_for()
        assert "05_residual_cnn" in visit.page.locator("#search-results").inner_html()


def test_confusion_matrix_can_be_walked_through_by_keyboard(browser, address):
    with Visit(browser, address + "notebooks/08_evaluation.html") as visit:
        visit.page.locator("svg.confusion").focus()
        visit.page.keyboard.press("ArrowRight")
        first = visit.page.locator(".confusion-cell").inner_text()
        visit.page.keyboard.press("ArrowDown")
        assert " read as " in first and visit.page.locator(".confusion-cell").inner_text() != first


@pytest.mark.parametrize("javascript", [True, False])
def test_verdicts_are_filtered_by_word_and_kind(javascript, browser, address):
    with Visit(browser, address + "book/verdicts.html", java_script_enabled=javascript) as visit:
        rows = visit.page.locator("details.verdict")
        all_of_them = rows.count()
        visit.page.get_by_label("partly", exact=True).check()
        visit.page.get_by_label("finding", exact=True).check()
        seen = [row.get_attribute("class").split() for row in rows.all() if row.is_visible()]
        assert 0 < len(seen) < all_of_them == len(claims.gather(paths.REFERENCE))
        assert all({"partly", "finding"} <= set(row) for row in seen)
        assert not visit.page.get_by_role("heading", name="Reproduced").is_visible()
        assert visit.page.get_by_role("heading", name="Partly").is_visible()


def test_link_to_a_verdict_opens_it(browser, address):
    with Visit(browser, address + "book/verdicts.html#c31") as visit:
        visit.page.locator("#c31[open]").wait_for()
        assert visit.page.locator("#c31 li").first.is_visible() and visit.page.locator("details.verdict[open]").count() == 1


@pytest.mark.parametrize("name", ["book/index.html", "notebooks/05_residual_cnn.html"])
@pytest.mark.parametrize("width", [1280, 390])
def test_chart_fits_its_page_and_keeps_its_shape(width, name, browser, address):
    with Visit(browser, address + name, viewport={"width": width, "height": 800}) as visit:
        charts = visit.page.locator("picture.chart img")
        for image in charts.all():
            image.scroll_into_view_if_needed()
            visit.page.wait_for_function("image => image.complete", arg=image.element_handle())
            box, shape = image.bounding_box(), image.evaluate("image => image.naturalWidth / image.naturalHeight")
            assert box["width"] / box["height"] == pytest.approx(shape, rel=0.02) and box["x"] + box["width"] <= width
            assert ("/charts/" in image.evaluate("image => image.currentSrc")) == (width < 600)
        assert charts.count()


def test_chart_tells_the_value_that_is_pointed_at(browser, address):
    with Visit(browser, address + "book/index.html") as visit:
        chart = visit.page.locator("figure:has(picture.chart)").first
        across, down, text = json.loads(chart.locator(".chart-values").text_content())["wide"][0]
        box = chart.locator("img").bounding_box()
        visit.page.mouse.move(box["x"] + across * box["width"] + 3, box["y"] + down * box["height"])
        assert visit.page.locator(".tooltip-inner").inner_text() == text and "accuracy" in text
        visit.page.mouse.move(0, 0)
        visit.page.locator(".tooltip-inner").wait_for(state="detached")


def test_tables_can_be_downloaded(browser, address):
    with Visit(browser, address + "notebooks/08_evaluation.html") as visit:
        tables = visit.page.locator("article table")
        assert visit.page.locator("a.csv").count() == tables.count() > 5
        with visit.page.expect_download() as download:
            visit.page.get_by_label("Download this table as tbl-results.csv").click()
        rows = list(csv.reader(download.value.path().open(encoding="utf-8", newline="")))
        assert len({len(row) for row in rows}) == 1 and rows[0][1:3] == ["accuracy", "accuracy"]
        assert {"MLP", "CNN"} <= {row[0] for row in rows}


def test_page_has_a_preview(soups):
    descriptions = set()
    for name in book.pages()[1:]:
        head = {tag.get("property", tag.get("name")): tag["content"] for tag in soups[name].select("meta[content]")}
        assert head["og:title"] and head["og:image"].endswith("_static/card.png") and head["description"]
        descriptions.add(head["description"])
    assert len(descriptions) > len(book.pages()) / 2


def test_page_can_be_printed_whole(browser, address):
    with Visit(browser, address + "notebooks/03_mlp.html") as visit:
        visit.page.emulate_media(media="print")
        assert not visit.page.locator(".bd-sidebar-primary").is_visible()
        assert visit.page.locator("article figure img").first.is_visible()
        assert len(visit.page.pdf()) > 50_000


@pytest.mark.parametrize("place", ["article p", "article td", "article code"])
def test_look_alikes_are_set_in_a_face_in_which_they_differ(place, browser, address):
    with Visit(browser, address + "notebooks/08_evaluation.html") as visit:
        page = visit.page
        page.evaluate("place => { document.querySelector(place).innerHTML = '<span id=alike>0Oo1Il</span>'; }", place)
        page.evaluate("document.fonts.ready")
        devtools = page.context.new_cdp_session(page)
        for domain in ("DOM", "CSS"):
            devtools.send(f"{domain}.enable")
        root = devtools.send("DOM.getDocument")["root"]["nodeId"]
        node = devtools.send("DOM.querySelector", {"nodeId": root, "selector": "#alike"})["nodeId"]
        fonts = devtools.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]
        assert [font["isCustomFont"] and font["familyName"].startswith("Atkinson Hyperlegible") for font in fonts] == [True]


def test_chapters_have_the_numbers_of_their_files_and_so_have_their_figures_and_tables(soups):
    for name in (page for page in book.pages() if page.startswith("notebooks/")):
        number = int(name.split("/")[1][:2])
        links = [link.text.strip() for link in soups["book/index.html"].select(f'.bd-sidebar-primary a[href$="{name}"]')]
        assert links and links[0].startswith(f"{number}. "), name
        captions = [caption.text.split() for caption in soups[name].select("article .caption-number")]
        assert captions and all(words[1].startswith(f"{number}.") for words in captions), name
