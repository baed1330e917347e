"""Answers in the page: each exercise in a real browser, judged by the book's own Python there."""

from __future__ import annotations

import json
import re

import pytest
import sympy as sp
from reading import Site

from utils.exercises import all_exercises, all_patients, exercise

CHAPTER = "book/01-trajectory-likelihood.html"
PATIENT_WITH_THE_MACHINE = "globalThis.answersStopAfter = 600000"
LARGEST_DOWNLOAD = 8_000_000

# Runs the worker of the book on its own: {name, typed text} -> reply, many in one go.
JUDGE = """
async (questions) => {
  const { read } = await import("/answers/formula.js");
  const worker = new Worker("/answers/worker.js", { type: "module" });
  const replies = [];
  for (const { name, text, symbols } of questions) {
    let tree;
    try { tree = read(text, symbols); } catch (problem) { replies.push(problem.message); continue; }
    worker.postMessage({ exercise: name, tree });
    replies.push(await new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => {
        if (data.reply) resolve(data.reply);
        if (data.failed) reject(data.failed);
      };
    }));
  }
  worker.terminate();
  return replies;
}
"""


def typed(expression: sp.Expr) -> str:
    return str(expression)


def symbols_of(task) -> list[str]:
    return [symbol.name for symbol in task.symbols]


@pytest.fixture(scope="module")
def chapter(chrome, site: Site):
    """Chapter 1 in one window for the whole file, so that Python is loaded once."""
    context = chrome.new_context()
    context.add_init_script(PATIENT_WITH_THE_MACHINE)
    tab = context.new_page()
    tab.set_default_timeout(300_000)
    tab.goto(site.address(CHAPTER))
    yield tab
    context.close()


def box(tab, name: str):
    return tab.locator(f'.answer[data-exercise="{name}"]')


def answer(tab, name: str, text: str) -> tuple[str, str]:
    """Type an answer with the keyboard; (mood, words) of the reply."""
    field = box(tab, name).get_by_role("textbox")
    field.fill(text)
    field.press("Enter")
    reply = box(tab, name).locator(".answer-reply:not([data-mood=busy]):not(:empty)")
    reply.wait_for()
    return reply.get_attribute("data-mood"), reply.inner_text()


def test_every_exercise_has_a_box_with_its_symbols_and_no_answer_cell(site: Site):
    found = {}
    for page in sorted((site.html / "book").glob("[0-9]*.html")):
        html = page.read_text(encoding="utf-8")
        assert "def answer(" not in html
        for name, symbols in re.findall(
            r'class="answer" data-exercise="([^"]+)" data-symbols="([^"]*)" hidden', html
        ):
            found[name] = symbols.split()
    assert found == {task.name: symbols_of(task) for task in all_exercises()}
    assert not set(found) & {task.name for task in all_patients()}


def test_nothing_of_python_is_loaded_before_the_first_answer(open_page):
    tab = open_page(CHAPTER)
    box(tab, "ex:score-of-counts").get_by_role("textbox").fill("k - n p")
    urls = tab.evaluate("performance.getEntriesByType('resource').map((e) => e.name)")
    assert {url.split("/")[-1] for url in urls if "/answers/" in url} == {
        "answers.css",
        "answers.js",
        "formula.js",
    }


def test_the_download_is_small(site: Site):
    """Every byte that a first answer asks for, as stored: a server may compress the rest, too."""
    files = {path.name: path.stat().st_size for path in (site.html / "answers").iterdir()}
    assert sum(files.values()) <= LARGEST_DOWNLOAD, files


def test_the_page_gives_the_replies_of_jupyter(chapter):
    """Each exercise: the right answer, two equal ones, each slip, a wrong one, nonsense."""
    questions, expected = [], []
    for task in all_exercises():
        tries = [(task.answer, None), (sp.expand(task.answer), None), (task.answer + 7, None)]
        tries += [(slip, None) for slip, _ in task.slips]
        tries = [(typed(expression), expression) for expression, _ in tries]
        tries.append((f"({typed(task.answer)}) * e^2 / exp(2)", task.answer))
        for text, expression in tries:
            questions.append({"name": task.name, "text": text, "symbols": symbols_of(task)})
            expected.append(task.check(expression).text)
        questions.append({"name": task.name, "text": "1 + ", "symbols": symbols_of(task)})
        expected.append("Something is missing at the end.")
    replies = chapter.evaluate(JUDGE, questions)
    words = [reply if isinstance(reply, str) else reply["text"] for reply in replies]
    wrong = [
        (question, word, wanted)
        for question, word, wanted in zip(questions, words, expected, strict=True)
        if word != wanted
    ]
    assert not wrong, json.dumps(wrong[:5], ensure_ascii=False)


def test_an_answer_is_typed_shown_judged_and_kept(chapter):
    field = box(chapter, "ex:score-of-counts").get_by_role(
        "textbox", name="Your answer, in k, n and p"
    )
    field.fill("k - n p")
    shown = box(chapter, "ex:score-of-counts").locator(".answer-read math")
    assert re.sub(r"[\s\u2062]", "", shown.text_content()) == "k−np"
    mood, words = answer(chapter, "ex:score-of-counts", "k - n p")
    assert (mood, words) == ("right", "Correct, for every value of the symbols.")
    task = exercise("ex:tail-of-ones")
    gamma, T = task.symbols
    assert answer(chapter, task.name, "γ^T") == ("wrong", task.check(gamma**T).text)
    progress = chapter.locator(".progress-line")
    assert ", 1 of 9 exercises answered" in progress.text_content()
    chapter.reload()
    assert box(chapter, "ex:score-of-counts").get_by_role("textbox").input_value() == "k - n p"
    assert "1 of 9 exercises answered" in progress.text_content()
    progress.get_by_role("button", name="Start over").click()
    assert "0 of 9 exercises answered" in progress.text_content()
    assert box(chapter, "ex:score-of-counts").get_by_role("textbox").input_value() == ""


def test_a_computation_that_does_not_end_is_stopped_and_the_next_answer_is_judged(chapter):
    chapter.evaluate("globalThis.answersStopAfter = 1")  # ms
    mood, words = answer(chapter, "ex:score-of-counts", "k 3^(10^(10^10))")
    assert mood == "open" and words.startswith("This takes too long")
    chapter.evaluate(PATIENT_WITH_THE_MACHINE)
    assert answer(chapter, "ex:score-of-counts", "k - n p")[0] == "right"
    kept = chapter.evaluate(
        "caches.keys().then(async (names) => (await Promise.all(names.map(async (name) => "
        "(await (await caches.open(name)).keys()).map((each) => each.url)))).flat())"
    )
    files = {url.split("/")[-1].split("?")[0] for url in kept}
    assert files == {"pyodide.asm.wasm.gz", "python_stdlib.zip.gz", "book.zip.gz"}


READINGS = [
    ("k - n p", "k n p", "k - n*p"),
    ("k-np", "k n p", "k - n*p"),
    ("1/2 x^2", "x", "x**2/2"),
    ("½ x²", "x", "x**2/2"),
    ("γ^T/(1-γ)", "gamma T", "gamma**T/(1 - gamma)"),
    ("gamma^T/(1-gamma)", "gamma T", "gamma**T/(1 - gamma)"),
    ("p(1-p)", "p", "p*(1 - p)"),
    ("-p^2", "p", "-p**2"),
    ("2^-p", "p", "2**(-p)"),
    ("2^3^p", "p", "2**(3**p)"),
    ("p/q/2", "p q", "p/(2*q)"),
    ("a - b - a b", "a b", "a - b - a*b"),
    ("√(p q) + √2", "p q", "sqrt(p*q) + sqrt(2)"),
    ("sqrt p", "p", "sqrt(p)"),
    ("log(1 − p) · 2", "p", "2*log(1 - p)"),
    ("ln p", "p", "log(p)"),
    ("e^(μ+σ²/2)", "mu sigma", "exp(mu + sigma**2/2)"),
    ("exp(p) pi", "p", "pi*exp(p)"),
    ("(1 - λ + γλ)c", "gamma lambda c", "c*(1 - lambda_ + gamma*lambda_)"),
    ("lam", "lambda", "lambda_"),
    ("R_1 + R0", "R_0 R_1", "R_0 + R_1"),
    ("R₁", "R_0 R_1", "R_1"),
    ("q_1 - q_{0}", "q_0 q_1", "q_1 - q_0"),
    ("0.015", "", "3/200"),
    ("2p", "p", "2*p"),
    ("[(p+1)/2]^2", "p", "((p + 1)/2)**2"),
    ("max(p, 1/2)", "p", "Max(p, 1/2)"),
    ("p**2*(1 - p)", "p", "p**2*(1 - p)"),
]


@pytest.mark.parametrize("text, symbols, meant", READINGS)
def test_what_is_typed_is_read_as_it_is_written(chapter, text, symbols, meant):
    from utils.exercises.typed import expression

    code = """async ([text, symbols]) =>
        (await import("/answers/formula.js")).read(text, symbols)"""
    tree = chapter.evaluate(code, [text, symbols.split()])
    names = {name: sp.Symbol(name) for name in symbols.split() if name != "lambda"}
    wanted = sp.sympify(meant, locals={**names, "lambda_": sp.Symbol("lambda")})
    assert sp.simplify(expression(tree) - wanted) == 0


NONSENSE = [
    ("k -", "Something is missing"),
    ("(k", "closing “)” is missing"),
    ("k)", "not expected"),
    ("z", "“z” is not known in this answer. It may contain k"),
    ("__import__('os')", "is not known"),
    ("k; n", "is not known"),
    ("alert(1)", "is not known"),
    ("k ^ ^ 2", "not expected"),
    ("k" * 500, "too long"),
]


@pytest.mark.parametrize("text, message", NONSENSE)
def test_nonsense_gets_a_reason_and_reaches_no_python(chapter, text, message):
    field = box(chapter, "ex:score-of-counts").get_by_role("textbox")
    field.fill(text)
    assert message in box(chapter, "ex:score-of-counts").locator(".answer-read").inner_text()
    field.press("Enter")
    reply = box(chapter, "ex:score-of-counts").locator(".answer-reply")
    assert reply.inner_text() == "This could not be read."


def test_without_javascript_the_exercise_and_its_solution_are_there(open_page):
    tab = open_page(CHAPTER, java_script_enabled=False)
    assert tab.get_by_text("What is its score sum").is_visible()
    assert tab.locator(".answer").first.is_hidden()
    assert tab.locator(".solution").count() == 9
