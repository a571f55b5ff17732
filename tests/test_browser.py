"""Read the built book in a real browser that can reach no other host.

Chromium is taken from the machine (Debian's package ``chromium``, or CHROMIUM names one); nothing
is downloaded. Where there is none, these tests are skipped and say so.
"""

from __future__ import annotations

import functools
import http.server
import os
import re
import shutil
import threading
from pathlib import Path

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright
from scipy import optimize

import crossent

ROOT = Path(__file__).resolve().parent.parent
pytestmark = pytest.mark.usefixtures("browser")  # looked for before the book is built

#: axe on every page at both widths in both themes, not on a quarter of the pages each way
THOROUGH = bool(os.environ.get("CROSSENT_THOROUGH"))
DESKTOP, PHONE, NARROW = (1280, 900), (390, 844), (360, 740)
#: Text that a reader sees outside of code, with what no formula may leave behind.
LEFTOVERS = r"""() => {
  const found = [...document.querySelectorAll("merror")].map((e) => e.textContent);
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const { data, parentElement } = walker.currentNode;
    if (parentElement.closest("code, pre, script, style, template")) continue;
    if (/\\[([]|\$\$|\\[a-z]{2,}|\?\?/.test(data)) found.push(data.trim());
  }
  return found;
}"""
#: Every image is loaded, also the late ones, and drawn.
BROKEN_IMAGES = """async () => {
  const images = [...document.images];
  for (const image of images) image.loading = "eager";
  await Promise.all(images.map((image) => image.decode().catch(() => {})));
  return images.filter((image) => !image.naturalWidth).map((image) => image.src);
}"""
#: Notes what the keyboard must reach in the article, and from then on what it reaches.
REACHABLE = """() => {
  window.seen = new Set();
  document.addEventListener("focusin", (event) => seen.add(event.target));
  const selector = "a[href], button, summary, [tabindex='0'], crossent-simplex, crossent-fit";
  window.stops = [...document.querySelector("article").querySelectorAll(selector)].filter(
    (stop) => stop.checkVisibility({ visibilityProperty: true }));
  return stops.length;
}"""
#: What sticks out of the page to the right.
OVERFLOW = """() => document.documentElement.scrollWidth - document.documentElement.clientWidth"""


class Server(http.server.ThreadingHTTPServer):
    """Serve one folder on this machine alone."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        """A handler that keeps quiet."""

        def log_message(self, *args):
            """Say nothing."""

    def __init__(self, folder: Path):
        handler = functools.partial(self.Handler, directory=str(folder))
        super().__init__(("127.0.0.1", 0), handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()
        self.address = f"http://127.0.0.1:{self.server_port}/"


@pytest.fixture(scope="module")
def address(site):
    """Return the address under which the book is served."""
    with Server(site) as server:
        yield server.address
        server.shutdown()


@pytest.fixture(scope="module")
def chromium(browser):
    """Return a browser that resolves no name and calls nobody on its own."""
    arguments = ["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=browser, args=arguments)
        yield launched
        launched.close()


@pytest.fixture
def visit(chromium):
    """Return a function that opens a page and collects its faults in ``page.faults``."""
    contexts = []

    def open_page(url, size=DESKTOP, scheme="light", **options):
        width, height = size
        context = chromium.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, **options
        )
        contexts.append(context)
        page = context.new_page()
        page.faults = []
        own = url[: url.index("/", 8)] if url.startswith("http") else "file://"

        def console(message):
            if message.type in ("error", "warning"):
                page.faults.append(f"console: {message.text}")

        def request(request):
            if not request.url.startswith((own, "data:", "blob:")):
                page.faults.append(f"request: {request.url}")

        def failed(request):
            if request.failure != "net::ERR_ABORTED":  # left for another page before it came
                page.faults.append(f"failed: {request.url}")

        page.on("console", console)
        page.on("pageerror", lambda error: page.faults.append(f"script: {error}"))
        page.on("request", request)
        page.on("requestfailed", failed)
        page.on(
            "response",
            lambda r: page.faults.append(f"{r.status}: {r.url}") if r.status >= 400 else None,
        )
        page.goto(url, wait_until="load")
        page.evaluate("document.fonts.ready")  # or the text may still move
        return page

    yield open_page
    for context in contexts:
        context.close()


def pages_of(site: Path) -> list[str]:
    """All pages of the book."""
    paths = (p.relative_to(site) for p in site.rglob("*.html") if "_static" not in p.parts)
    return sorted(path.as_posix() for path in paths)


#: The contrast of code costs axe most of its time and is the same in every cell.
LATER_CODE = [".cell:nth-child(n+12) pre"]


def violations(page) -> list[str]:
    """Return what axe-core objects to, rule by rule with the first element."""
    context = None if THOROUGH else {"exclude": [LATER_CODE]}
    found = Axe().run(page, context=context).response["violations"]
    return [f"{rule['id']}: {rule['nodes'][0]['html'][:120]}" for rule in found]


def faults(page) -> list[str]:
    """Return everything wrong with an open page."""
    found = [*page.faults, *(f"not rendered: {text}" for text in page.evaluate(LEFTOVERS))]
    found += [f"no picture: {source}" for source in page.evaluate(BROKEN_IMAGES)]
    if (pixels := page.evaluate(OVERFLOW)) > 0:
        found.append(f"{pixels} pixels wider than the screen")
    return found


def test_every_page_at_every_width(visit, site, address):
    """No page asks another host, complains, leaves maths unrendered or is wider than a phone."""
    found = {}
    page = visit(address)
    for name in pages_of(site):
        page.goto(address + name, wait_until="load")
        for width, height in (DESKTOP, NARROW):
            page.set_viewport_size({"width": width, "height": height})
            if wrong := faults(page):
                found[f"{name} at {width}"] = wrong
        page.faults.clear()
    assert not found


@pytest.mark.parametrize("number", range(4))
def test_every_page_is_accessible(visit, site, address, number):
    """axe-core finds nothing: on a quarter of the pages each way, or on all in a thorough run."""
    size, scheme = [(size, scheme) for size in (DESKTOP, PHONE) for scheme in ("light", "dark")][
        number
    ]
    names = pages_of(site)
    found = {}
    page = visit(address, size, scheme)
    for name in names if THOROUGH else names[number::4]:
        page.goto(address + name, wait_until="load")
        if wrong := violations(page):
            found[name] = wrong
    assert not found


def test_pages_read_from_disk(visit, site):
    """Opened as a file, a page works as well."""
    for name in ("index.html", "book/measure_the_gap.html"):
        page = visit((site / name).as_uri())
        assert not faults(page)


def test_policy_stops_what_is_planted(visit, site, tmp_path):
    """Under the pages' policy neither a script in a page runs nor a handler, and it is noticed."""
    html = (site / "index.html").read_text("utf-8")
    shutil.copytree(site / "_static", tmp_path / "_static")
    for planted in ("<script>document.title = 'x'</script>", "<img src=no onerror=\"title='x'\">"):
        (tmp_path / "index.html").write_text(html.replace("<main", planted + "<main", 1), "utf-8")
        page = visit((tmp_path / "index.html").as_uri())
        assert page.title() != "x"
        assert any("Content Security Policy" in fault for fault in page.faults)


def test_buttons_work_under_the_policy(visit, site, address):
    """The theme's buttons do their work, a solution unfolds, and the search finds."""
    page = visit(address + "book/measure_the_gap.html")
    page.evaluate("() => { window.print = () => { window.printed = true; }; }")
    page.evaluate("() => document.querySelector('[data-on-click=print]').click()")
    assert page.evaluate("() => printed")
    page.locator("[data-on-click='full screen']").click()
    assert page.evaluate("() => Boolean(document.fullscreenElement)")
    page.evaluate("() => document.exitFullscreen()")
    solution = page.locator(".admonition.solution").first
    assert not solution.locator("p").nth(1).is_visible()
    solution.locator("button").first.click()
    assert solution.locator("p").nth(1).is_visible()
    page.goto(address + "search.html?q=Pinsker", wait_until="load")
    page.wait_for_selector("#search-results li")
    assert "Measure the gap" in page.locator("#search-results").inner_text()
    assert page.evaluate("() => document.activeElement.tagName") == "INPUT"
    assert not page.faults


PLANTED = {
    "<script src='https://cdn.example/x.js'></script>": "request",
    "<script>console.error('x')</script>": "console",
    "<script>throw Error('x')</script>": "script",
    "<p>\\(x\\)</p>": "not rendered",
    "<math><merror><mtext>x</mtext></merror></math>": "not rendered",
    "<img src='none.png' alt='A picture'>": "no picture",
    "<p style='width: 2000px'>x</p>": "wider",
}


@pytest.mark.parametrize("fault", PLANTED)
def test_planted_faults_are_found(visit, tmp_path, fault):
    """Each check can fail."""
    text = "<!doctype html><html lang=en><title>T</title><link rel=icon href='data:,'><h1>T</h1>"
    (tmp_path / "index.html").write_text(text)
    (tmp_path / "bad.html").write_text(text + fault)
    with Server(tmp_path) as server:
        assert not faults(visit(server.address))
        page = visit(server.address + "bad.html")
        assert any(PLANTED[fault] in found for found in faults(page))
        server.shutdown()


def test_keyboard_reaches_everything(visit, address):
    """Tabbing through a chapter visits every link, control and scrolling box, and never sticks."""
    page = visit(address + "book/measure_the_gap.html", PHONE)
    reachable = page.evaluate(REACHABLE)
    for _ in range(2 * reachable):
        page.keyboard.press("Tab")
    assert not page.evaluate(
        "() => stops.filter((stop) => !seen.has(stop)).map((s) => s.outerHTML)"
    )
    assert reachable > 100


# The interactive figures ----------------------------------------------------------------------


@pytest.fixture
def figure(visit, address):
    """Return a function that opens a chapter at one of its interactive figures."""

    def open_figure(chapter, kind, **options):
        page = visit(f"{address}book/{chapter}.html", **options)
        return page, page.locator(f"crossent-{kind}")

    return open_figure


def test_figures_compute_what_the_package_computes(figure):
    """The scripts' formulas agree with crossent to 13 digits, at zeros and near equality too."""
    page, _ = figure("measure_the_gap", "simplex")
    rng = np.random.default_rng(1951)
    pairs = [(rng.dirichlet(np.ones(3)), rng.dirichlet(np.ones(3))) for _ in range(50)]
    pairs += [(p, p + 1e-7 * np.array([1, -1, 0])) for p, _ in pairs[:10]]
    corner, edge = np.array([0.0, 1.0, 0.0]), np.array([0.5, 0.5, 0.0])
    pairs += [(corner, edge), (edge, corner), (edge, pairs[0][0]), (corner, corner)]
    for p, q in pairs:
        values = page.evaluate(
            """([p, q]) => [crossent.entropy(p), crossent.crossEntropy(p, q),
                crossent.divergence(p, q)].map(String)""",
            [p.tolist(), q.tolist()],
        )
        expected = [
            crossent.entropy(p),
            crossent.cross_entropy(p, q),
            crossent.kl_divergence(p, q),
        ]
        np.testing.assert_allclose([float(v) for v in values], expected, rtol=1e-13, atol=0)
    for z in [*rng.normal(scale=3, size=(20, 3)), np.array([800.0, 0, -800]), np.zeros(3)]:
        target = rng.dirichlet(np.ones(3))
        loss, q, smooth = page.evaluate(
            """([z, t]) => [crossent.softmaxCrossEntropy(z, t), crossent.softmax(z),
                crossent.smooth(t, 0.1)]""",
            [z.tolist(), target.tolist()],
        )
        np.testing.assert_allclose(loss, crossent.softmax_cross_entropy(z, target), rtol=1e-13)
        np.testing.assert_allclose(q, crossent.softmax(z), rtol=1e-13)
        np.testing.assert_allclose(smooth, 0.9 * target + 0.1 / 3, rtol=1e-13)


def numbers(text: str) -> list[float]:
    """All numbers that a text shows."""
    text = text.replace("−", "-").replace("∞", "inf")
    return [float(n) for n in re.findall(r"-?(?:inf|\d+(?:\.\d+)?)", text)]


def test_simplex_shows_the_right_numbers(figure):
    """What is displayed is what crossent returns, rounded, in every field and unit."""
    _, simplex = figure("measure_the_gap", "simplex")
    p, q = np.array([0.5, 0.3, 0.2]), np.array([0.2, 0.2, 0.6])
    status = simplex.locator("#split")
    gap, total = crossent.kl_divergence(p, q), crossent.cross_entropy(p, q)
    for unit, scale in (("nats", 1.0), ("bits", np.log(2))):
        simplex.locator("#unit").select_option(unit)
        simplex.locator("#field").select_option("cross")
        shown = numbers(status.inner_text())
        np.testing.assert_allclose(shown, np.array([total, total - gap, gap]) / scale, atol=5e-5)
        simplex.locator("#field").select_option("reverse")
        shown = numbers(status.inner_text())
        expected = np.array([crossent.kl_divergence(q, p), gap]) / scale
        np.testing.assert_allclose(shown, expected, atol=5e-5)
        simplex.locator("#field").select_option("rolls")
        simplex.locator("#count").fill("100")
        shown = numbers(status.inner_text())
        counts = np.array([50, 30, 20])
        expected = [-100, crossent.log_likelihood(counts, q) / scale, 100 * gap / scale]
        np.testing.assert_allclose(shown, expected, atol=5e-5)
        assert unit in status.inner_text()
    cells = [float(text) for text in simplex.locator("td").all_inner_texts()]
    np.testing.assert_allclose(cells, [*p, *q, *(p / q)], atol=5e-4)


def test_simplex_moves_by_keyboard(figure):
    """Arrow keys move a handle by a hundredth, with Shift by a tenth, and turn no page."""
    page, simplex = figure("measure_the_gap", "simplex")
    q = simplex.locator("#q")
    url = page.url
    q.focus()
    for key, expected in {
        "ArrowRight": "face 1: 0.19, face 2: 0.21, face 3: 0.60",
        "ArrowLeft": "face 1: 0.20, face 2: 0.20, face 3: 0.60",
        "ArrowUp": "face 1: 0.19, face 2: 0.19, face 3: 0.62",
        "ArrowDown": "face 1: 0.20, face 2: 0.20, face 3: 0.60",
        "Shift+ArrowLeft": "face 1: 0.30, face 2: 0.10, face 3: 0.60",
    }.items():
        page.keyboard.press(key)
        assert q.get_attribute("aria-valuetext") == expected
    for _ in range(30):
        page.keyboard.press("Shift+ArrowLeft")  # stops at the border
    assert q.get_attribute("aria-valuetext") == "face 1: 0.40, face 2: 0.00, face 3: 0.60"
    assert numbers(simplex.locator("#split").inner_text())[0] == np.inf
    assert page.url == url and not page.faults


def test_simplex_moves_by_pointer(figure):
    """A handle follows the mouse, and stops at the edge of the triangle."""
    page, simplex = figure("measure_the_gap", "simplex")
    q, p = simplex.locator("#q"), simplex.locator("#p")
    simplex.scroll_into_view_if_needed()

    def centre(locator):
        box = locator.locator(".halo").bounding_box()
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    page.mouse.move(*centre(q))
    page.mouse.down()
    page.mouse.move(*centre(p), steps=5)
    page.mouse.up()
    assert q.get_attribute("aria-valuetext") == p.get_attribute("aria-valuetext")
    assert "λ = 1" in simplex.locator("#kkt").inner_text()
    page.mouse.move(*centre(p))
    page.mouse.down()
    page.mouse.move(centre(p)[0], centre(p)[1] + 300, steps=5)
    page.mouse.up()
    assert p.get_attribute("aria-valuetext").endswith("face 3: 0.00")


def test_simplex_moves_by_touch(figure):
    """A finger drags a handle and does not scroll the page."""
    options = {"has_touch": True, "reduced_motion": "reduce"}  # or the page may still be scrolling
    page, simplex = figure("measure_the_gap", "simplex", size=PHONE, **options)
    q = simplex.locator("#q")
    q.scroll_into_view_if_needed()
    box = q.locator(".halo").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    before, top = q.get_attribute("aria-valuetext"), page.evaluate("scrollY")
    session = page.context.new_cdp_session(page)
    for kind, points in (
        ("touchStart", [{"x": x, "y": y}]),
        *(("touchMove", [{"x": x, "y": y + dy}]) for dy in (10, 20, 40)),
        ("touchEnd", []),
    ):
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    expect(q).not_to_have_attribute("aria-valuetext", before)  # waits for the next frame
    assert abs(page.evaluate("scrollY") - top) <= 1  # a rounded number; the finger moved by 40


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
@pytest.mark.parametrize("field", ["cross", "reverse", "rolls"])
def test_simplex_descends_to_the_data(figure, field, motion):
    """From any start the descent ends with q = p; without motion it is there at once."""
    page, simplex = figure("measure_the_gap", "simplex", reduced_motion=motion)
    simplex.locator("#field").select_option(field)
    simplex.locator("#descend").click()
    if motion == "no-preference":
        assert simplex.locator(".trail").get_attribute("d")
        page.wait_for_function(
            "(e) => e.find('#kkt').textContent.includes('λ = 1')", arg=simplex.element_handle()
        )
    assert "λ = 1" in simplex.locator("#kkt").inner_text()
    assert simplex.locator("#split").get_attribute("aria-live") in (None, "polite")


def test_softmax_shows_the_right_numbers(figure):
    """Loss, softmax and gradient are crossent's, for scaled scores and smoothed targets."""
    _, softmax = figure("follow_the_gradient", "softmax")

    def set_value(name, value):
        softmax.locator(f"#{name}").fill(str(value))

    for z, temperature, epsilon, label in (
        ([0.7, 1.9, 0.0], 1.0, 0.0, 1),
        ([-3.0, 2.5, 6.0], 2.5, 0.3, 0),
    ):
        for k, score in enumerate(z, start=1):
            set_value(f"z{k}", score)
        set_value("temperature", temperature)
        set_value("smoothing", epsilon)
        softmax.locator("#target").select_option(f"label {label + 1}")
        target = (1 - epsilon) * np.eye(3)[label] + epsilon / 3
        scaled = np.array(z) / temperature
        loss, gradient = crossent.softmax_cross_entropy_grad(scaled, target)
        rows = [numbers(row) for row in softmax.locator("tbody tr").all_inner_texts()]
        expected = np.transpose(
            [[1, 2, 3], target, crossent.softmax(scaled), gradient / temperature]
        )
        np.testing.assert_allclose(rows, expected, atol=5.1e-4)
        shown = numbers(softmax.locator("#loss").inner_text())
        entropy = crossent.entropy(target)
        np.testing.assert_allclose(shown, [loss, entropy, loss - entropy, 0], atol=5.1e-5)


def test_softmax_steps_downhill(figure):
    """A step takes the gradient from the scores."""
    _, softmax = figure("follow_the_gradient", "softmax")
    z = np.array([0.7, 1.9, 0.0])
    for _ in range(5):
        _, gradient = crossent.softmax_cross_entropy_grad(z, 1)
        z = z - gradient
        softmax.locator("#step").click()
    loss = crossent.softmax_cross_entropy(z, 1)
    assert abs(numbers(softmax.locator("#loss").inner_text())[0] - loss) <= 5.1e-5


@pytest.mark.parametrize(
    ("direction", "start", "end"),
    [("forward", 1.5, None), ("reverse", 1.5, 1), ("reverse", 5.0, 5)],
)
def test_fit_descends_to_a_minimum(figure, direction, start, end):
    """Both directions end where a general optimiser ends; the reverse one on the hump near by."""
    _, fit = figure("measure_the_gap", "fit", reduced_motion="reduce")
    fit.locator("#m").fill(str(start))
    fit.locator("#s").fill("0.5")
    fit.locator(f"#{direction}").click()
    m, s, forward, reverse = numbers(fit.locator("#gaps").inner_text())
    counts = np.array([0, 0, 24, 26, 0, 0, 3, 8, 18, 25, 18, 17, 7, 4, 0, 0])
    p, middles = (counts + 1) / (counts.sum() + 16), np.arange(0.25, 8, 0.5)

    def gaps(t):
        q = crossent.softmax(-(((middles - t[0]) / t[1]) ** 2) / 2)
        return crossent.kl_divergence(p, q), crossent.kl_divergence(q, p)

    which = ["forward", "reverse"].index(direction)
    best = optimize.minimize(
        lambda t: gaps(t)[which], [start, 0.5], method="Nelder-Mead", options={"fatol": 1e-12}
    )
    np.testing.assert_allclose([m, s], np.abs(best.x), atol=0.0051)
    np.testing.assert_allclose((forward, reverse)[which], best.fun, atol=5.1e-5)
    np.testing.assert_allclose((forward, reverse), gaps((m, s)), rtol=0.02)
    assert end is None or abs(m - end) < 1


@pytest.mark.parametrize("way", ["no scripts", "print"])
@pytest.mark.parametrize(
    ("chapter", "kind"),
    [
        ("find_the_most_likely_die", "simplex"),
        ("measure_the_gap", "simplex"),
        ("measure_the_gap", "fit"),
        ("follow_the_gradient", "softmax"),
    ],
)
def test_static_picture_takes_the_place(figure, chapter, kind, way):
    """Without scripts and on paper the picture is shown, and the controls are not."""
    page, element = figure(chapter, kind, java_script_enabled=way != "no scripts")
    picture = element.locator("img")
    if way == "print":
        assert not picture.is_visible() and element.locator(".live").is_visible()
        page.emulate_media(media="print")
        assert not element.locator(".live").is_visible()
    picture.scroll_into_view_if_needed()
    assert picture.is_visible()
    assert picture.bounding_box()["width"] > 300


def test_figures_are_small_and_fluid(figure, site):
    """Together the scripts stay under 30 kB; no figure is wider than a narrow phone's text."""
    scripts = list((site / "_static" / "interactive").glob("*.js"))
    assert sum(path.stat().st_size for path in scripts) < 30_000
    for chapter, kind in (
        ("measure_the_gap", "simplex"),
        ("measure_the_gap", "fit"),
        ("follow_the_gradient", "softmax"),
    ):
        _, element = figure(chapter, kind, size=NARROW)
        width = element.bounding_box()["width"]
        assert element.evaluate("(e) => e.find('.live').scrollWidth") <= width <= NARROW[0]
