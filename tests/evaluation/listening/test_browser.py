"""The page as a listener sees it, in a browser, from opening to saved answers."""

import json

import pytest

from musiclm_jax.evaluation.listening import answers, folder, layout, pieces
from musiclm_jax.evaluation.listening.key import Key

PROMPTS = [
    ("a", "calm <i>piano</i> & </script>"),
    ("b", "fast drums"),
    ("c", "x" * 300),
]
SYSTEMS = ("ours", "theirs")


@pytest.fixture(scope="module")
def test_folder(tmp_path_factory, tone):
    tmp_path = tmp_path_factory.mktemp("made")
    asked = [
        pieces.Asked(
            name, prompt, {s: tone(tmp_path / s / f"{name}.wav") for s in SYSTEMS}
        )
        for name, prompt in PROMPTS
    ]
    questions = layout.lay_out(SYSTEMS, PROMPTS, per_pair=3, seed=0)
    folder.write(tmp_path / "test", SYSTEMS, asked, questions, seconds=5.0)
    return tmp_path / "test"


@pytest.fixture
def page(browser, test_folder):
    browser.open((test_folder / "listeners" / "index.html").as_uri())
    return browser


def play_both(page):
    for key in "ab":
        page.press(key)
        page.until(f'document.getElementById("of-{key}").textContent === "heard"')


def hidden(page, name):
    return page.run(f'document.getElementById("{name}").hidden')


def test_from_opening_to_saved_answers(page, test_folder, tmp_path):
    assert not hidden(page, "start") and hidden(page, "ask")
    page.run('document.getElementById("begin").click()')
    chosen = {}
    for place in range(3):
        # Nothing can be chosen, and nothing is passed over, before both are heard.
        assert page.run('document.getElementById("choices").disabled')
        page.press("1")
        page.press("Enter")
        assert page.run("place") == place
        play_both(page)
        page.press(str(2 * place + 1))
        number = page.run("number()")
        assert page.run('document.getElementById("prompt").textContent') in {
            prompt for _, prompt in PROMPTS
        }
        chosen[number] = (-2, 0, 2)[place]
        page.press("Enter")
    assert not hidden(page, "end")
    page.call(
        "Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path)
    )
    page.call("Page.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    page.run('document.getElementById("save").click()')
    name = page.wait_for("Page.downloadWillBegin")["suggestedFilename"]
    while page.wait_for("Page.downloadProgress")["state"] != "completed":
        pass
    key = Key.read(test_folder / "key.json")
    (read,) = answers.read_all([tmp_path / name], key)
    assert read.choices == chosen
    assert name == f"answers-{key.test[:6]}-{read.listener[:6]}.json"


def test_answers_survive_the_page(page, test_folder):
    page.run('document.getElementById("begin").click()')
    play_both(page)
    page.press("4")
    number, kept = page.run("number()"), page.run("JSON.stringify(state)")
    assert json.loads(kept)["choices"] == {str(number): 1}
    page.open((test_folder / "listeners" / "index.html").as_uri())
    assert page.run("JSON.stringify(state)") == kept
    # It goes on with what is not answered, and the answer before it can be seen.
    assert page.run("place") == 1
    assert page.run('document.getElementById("count").textContent') == "1 of 3"
    page.run('document.getElementById("back").click()')
    assert page.run('document.querySelector(":checked").value') == "1"


def test_it_asks_nothing_of_the_network_and_breaks_nowhere(page, test_folder):
    page.run('document.getElementById("begin").click()')
    play_both(page)
    urls = [
        event["params"]["request"]["url"]
        for event in page.events
        if event.get("method") == "Network.requestWillBeSent"
    ]
    assert len(urls) >= 2
    # Icons of the players are drawn by the browser: data.
    start = (test_folder / "listeners").as_uri()
    assert [url for url in urls if not url.startswith((start, "data:"))] == []
    names = {event.get("method") for event in page.events}
    assert not names & {"Runtime.exceptionThrown", "Log.entryAdded"}


def test_everything_that_can_be_used_has_a_name(page):
    page.run('document.getElementById("begin").click()')
    page.call("Accessibility.enable")
    nodes = page.call("Accessibility.getFullAXTree")["nodes"]
    used = ("button", "radio", "Audio", "progressbar", "progress", "group")
    found = [
        (node["role"]["value"], node.get("name", {}).get("value"))
        for node in nodes
        if not node.get("ignored") and node.get("role", {}).get("value") in used
    ]
    assert all(name for _, name in found), found
    assert ("Audio", "Piece A") in found and ("Audio", "Piece B") in found
    assert [role for role, _ in found].count("radio") == 5


@pytest.mark.parametrize("width", [320, 390, 1200])
def test_nothing_is_wider_than_the_window(page, width):
    page.call(
        "Emulation.setDeviceMetricsOverride",
        width=width,
        height=800,
        deviceScaleFactor=1,
        mobile=width < 500,
    )
    page.run("ask(0)")
    for place in range(3):
        page.run(f"ask({place})")
        assert page.run("document.documentElement.scrollWidth") <= width
