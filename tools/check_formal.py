"""Check the formal proof in `formal/` with Coq, or store anew the texts the book shows of it.

A check compiles every file, lets `coqchk` check the compiled files once more and say which axioms
they rest on together, asks for the axioms behind each main theorem and compares them with
`formal/assumptions.json`, and prints the goals of the proof that the book steps through and
compares them with `formal/goals.json`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "book" / "_ext"))

import formal_sources as sources  # noqa: E402

BUILT = ROOT / "_build" / "formal"
SEPARATOR = re.compile(r"^\d+(?:%nat)?\s+: nat\n", re.M)  # what `Check 7%nat.` prints
STEPPED = "policy_gradient_finite"  # the proof that the book shows line by line
MISSING = (
    "Coq was not found, so the formal proof was not checked. On Debian or Ubuntu:\n"
    "  apt-get install coq libcoq-coquelicot\n"
    "elsewhere, with opam:\n"
    "  opam install coq coq-coquelicot"
)

# The axioms of Coq's real numbers, and nothing else.
STANDARD = {
    "ClassicalDedekindReals.sig_not_dec",
    "ClassicalDedekindReals.sig_forall_dec",
    "FunctionalExtensionality.functional_extensionality_dep",
    "Classical_Prop.classic",
}


def available() -> bool:
    return all(shutil.which(tool) for tool in ("coqc", "coqchk", "coq_makefile", "make"))


def version() -> str:
    printed = subprocess.run(["coqc", "--version"], capture_output=True, text=True, check=True)
    return re.search(r"version\s+(\S+)", printed.stdout)[1]


def run(*command: str) -> subprocess.CompletedProcess[str]:
    """A command in the build folder, or SystemExit with what it printed."""
    done = subprocess.run(command, cwd=BUILT, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return done


def compile_all(jobs: int) -> None:
    BUILT.mkdir(parents=True, exist_ok=True)
    for path in (sources.FORMAL / "_CoqProject", *sources.FORMAL.glob("*.v")):
        target = BUILT / path.name
        if not target.is_file() or target.read_bytes() != path.read_bytes():
            shutil.copy(path, target)
    for left in BUILT.glob("*.v"):
        if not (sources.FORMAL / left.name).is_file():
            left.unlink()
    run("coq_makefile", "-f", "_CoqProject", "-o", "Makefile")
    run("make", "--no-print-directory", f"-j{jobs}")


def check_again() -> set[str]:
    """The axioms that `coqchk` finds behind all files together; SystemExit if it finds worse."""
    names = [f"PolicyGradient.{module}" for module in sources.modules()]
    done = run("coqchk", "-silent", "-o", "-R", ".", "PolicyGradient", *names)
    return axioms_in(done.stdout + done.stderr)


def axioms_in(summary: str) -> set[str]:
    """The axioms in the summary of `coqchk`; its other three lists must be empty."""
    listed = re.search(r"^\* Axioms:\s*\n((?: {4}\S+\n)*)", summary, re.M)
    empty = re.findall(r"^\* (?:Constants|Inductives).*<none>$", summary, re.M)
    if listed is None or len(empty) != 3:
        raise SystemExit(f"coqchk found more than axioms:\n{summary}")
    return {".".join(name.split(".")[-2:]) for name in listed[1].split()}


def ask(*lines: str) -> list[str]:
    """What Coq prints after each of these lines, asked on top of all files."""
    text = "".join(f"{line}\nCheck {k}%nat.\n" for k, line in enumerate(lines))
    loaded = " ".join(sources.modules())
    (BUILT / "ask.v").write_text(f"From PolicyGradient Require Import {loaded}.\n{text}")
    done = run("coqc", "-q", "-w", "none", "-R", ".", "PolicyGradient", "ask.v")
    return re.split(SEPARATOR, done.stdout)[:-1]


def assumptions() -> dict[str, list[str]]:
    """Main theorem (each that has a stored answer) -> the axioms it rests on."""
    names = list(sources.stored_assumptions())
    answers = ask(*(f"Print Assumptions {name}." for name in names))
    axiom = re.compile(r"^([A-Za-z_][\w.]*)\s*(?::|$)", re.M)  # its type may follow on other lines
    return {
        name: sorted(axiom.findall(answer.removeprefix("Axioms:\n")))
        if answer.startswith("Axioms:\n")
        else []
        for name, answer in zip(names, answers, strict=True)
    }


def goals() -> list[dict[str, str]]:
    """The stepped proof: each sentence, and the goals that Coq shows after it."""
    item = sources.items()[STEPPED]
    whole = sources.source(item.module)
    before = whole[: whole.index(item.text)]
    steps = [sentence.text for sentence in item.proof]
    body = "".join(f"{step}\nShow.\nCheck {k}%nat.\n" for k, step in enumerate(steps, 1))
    statement = f"Set Printing Width 78.\n{item.text}\nProof.\nShow.\nCheck 0%nat.\n"
    (BUILT / "stepped.v").write_text(f"{before}\n{statement}{body}Abort.\n", encoding="utf-8")
    # The sections stay open, which only `coqc` would mind.
    library = ("-R", ".", "PolicyGradient")
    done = run("coqtop", "-q", "-w", "none", *library, "-l", "stepped.v", "-batch")
    answers = re.split(SEPARATOR, done.stdout)[:-1]
    shown = ["Proof.", *steps]
    return [
        {"tactic": step, "goals": answer.strip()}
        for step, answer in zip(shown, answers, strict=True)
    ]


def goals_text() -> str:
    facts = {"coq": version(), "theorem": STEPPED, "steps": goals()}
    return json.dumps(facts, indent=1, ensure_ascii=False) + "\n"


def assumptions_text(found: dict[str, list[str]]) -> str:
    lines = [f" {json.dumps(name)}: {json.dumps(axioms)}" for name, axioms in found.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def differences() -> list[str]:
    """Everything in which the stored texts differ from what Coq says."""
    faults = []
    found = assumptions()
    if found != sources.stored_assumptions():
        faults.append("formal/assumptions.json is not what Coq prints")
    if beyond := {axiom for axioms in found.values() for axiom in axioms} - STANDARD:
        faults.append(f"axioms beyond those of the real numbers: {sorted(beyond)}")
    stored = sources.stored_goals()
    if stored["coq"] != version():
        print(f"The goals were stored by Coq {stored['coq']}; this is {version()}: not compared.")
    elif goals_text() != (sources.FORMAL / "goals.json").read_text(encoding="utf-8"):
        faults.append("formal/goals.json is not what Coq prints")
    return faults


def state() -> str:
    """A digest of everything a check looks at."""
    total = hashlib.sha256(version().encode())
    for path in sorted((*sources.FORMAL.glob("*"), Path(__file__), Path(sources.__file__))):
        if path.suffix in (".v", ".json", ".py", ""):
            total.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def check(jobs: int = 2) -> list[str]:
    """Compile, check again, compare; the faults that were found. What passed is not done twice."""
    started = time.monotonic()
    stamp, now = BUILT / ".checked", state()
    if stamp.is_file() and stamp.read_text() == now:
        print("The formal proof has not changed since Coq accepted it.")
        return []
    compile_all(jobs)
    print(f"Coq {version()} compiled {len(sources.modules())} files", end=" ")
    print(f"({time.monotonic() - started:.0f} s).")
    beyond = check_again() - STANDARD
    faults = [f"coqchk finds the axioms {sorted(beyond)}"] if beyond else []
    print(f"coqchk accepts them ({time.monotonic() - started:.0f} s).")
    faults += differences()
    kinds = [item.kind for item in sources.items().values()]
    proved = sum(kind in sources.THEOREMS for kind in kinds)
    print(f"{proved} theorems and lemmas, on the axioms of the real numbers.", end=" ")
    print(f"({time.monotonic() - started:.0f} s)")
    if not faults:
        stamp.write_text(now)
    return faults


def store(jobs: int = 2) -> None:
    compile_all(jobs)
    (sources.FORMAL / "assumptions.json").write_text(
        assumptions_text(assumptions()), encoding="utf-8"
    )
    (sources.FORMAL / "goals.json").write_text(goals_text(), encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--store", action="store_true", help="write the stored texts anew")
    parser.add_argument("--jobs", type=int, default=2, help="files compiled at a time")
    arguments = parser.parse_args()
    if not available():
        sys.exit(MISSING)
    if arguments.store:
        store(arguments.jobs)
    elif faults := check(arguments.jobs):
        sys.exit("\n".join(faults))
