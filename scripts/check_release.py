"""Try a wheel as a new user has it: installed alone, in an empty environment, away from the checkout.

    python scripts/check_release.py dist [--strict]        (called by `make release`)

The README's first lines have to print what the README says; `xlner info` has to work; the project that `xlner init project`
writes has to run to an installed model. What was installed is listed in dist/sbom.json (CycloneDX), and looked up among
known vulnerabilities (pip-audit): dist/audit.json. With --strict, packages that could not be looked up are an error.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).parents[1]
EXTRAS = "offline,workflow"


def main(dist: Path, strict: bool) -> None:
    [wheel] = dist.glob("*.whl")
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        venv.create(place / "env", with_pip=True)
        path = f"{place / 'env' / 'bin'}{os.pathsep}{os.environ['PATH']}"
        kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
        kept.pop("VIRTUAL_ENV", None)
        env = {**kept, "PATH": path}

        def run(*command: str | Path) -> str:
            print("$", *command, flush=True)
            done = subprocess.run(command, cwd=place, env=env, stdout=subprocess.PIPE, text=True)
            if done.returncode:
                sys.exit(f"{done.stdout}\nfailed with {done.returncode}")
            return done.stdout

        packages = [f"{wheel}[{EXTRAS}]", "-c", ROOT / "constraints.txt"]
        run("python", "-m", "pip", "install", "--quiet", *packages)
        try_readme(run)
        print(run("xlner", "info"))
        run("xlner", "init", "project", "project")
        run("python", "-m", "spacy", "project", "run", "all", "project")
        run("python", "-m", "pip", "uninstall", "--quiet", "--yes", "pt-xl-silver")
        inventory(place / "env", dist, strict)


def try_readme(run) -> None:
    """The first lines of the README print what it says."""
    readme = (ROOT / "README.md").read_text(encoding="utf8")
    code, printed = re.search(r"```python\n(.*?)```\n```\n(.*?)```", readme, re.DOTALL).groups()
    found = run("python", "-c", code)
    if found != printed:
        sys.exit(f"The README says\n{printed}\nand its code printed\n{found}")


def inventory(env: Path, dist: Path, strict: bool) -> None:
    """Write what is in an environment, and what is known against it. A package that the advisories could not be read for
    is no clean one."""
    python = env / "bin" / "python"
    sbom = ["cyclonedx_py", "environment", python, "--of", "JSON", "--output-reproducible"]
    subprocess.run([sys.executable, "-m", *sbom, "-o", dist / "sbom.json"], check=True)
    [packages] = env.glob("lib/python*/site-packages")
    audit = ["pip_audit", "--path", packages, "--progress-spinner", "off", "-f", "json"]
    done = subprocess.run([sys.executable, "-m", *audit], stdout=subprocess.PIPE, text=True)
    found = json.loads(done.stdout)["dependencies"]
    (dist / "audit.json").write_text(json.dumps(found, indent=1), encoding="utf8")
    known = [f"{p['name']} {p['version']}: {v['id']}" for p in found for v in p.get("vulns", [])]
    unread = [p["name"] for p in found if "skip_reason" in p]
    print(*known, sep="\n")
    print(
        f"{len(found)} packages, {len(known)} known vulnerabilities, {len(unread)} not looked up."
    )
    if known:
        sys.exit(
            "Raise the versions in setup.cfg and constraints.txt, or say in NOTICE why they stay."
        )
    if unread:
        print("NOT LOOKED UP (no network?):", ", ".join(unread))
        if strict:
            sys.exit("Packages that nobody looked up are not clean.")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), "--strict" in sys.argv[2:])
