# Findings, the comments that allow one, and how both are told.
import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True, order=True)
class Finding:
    path: str
    line: int
    rule: str
    message: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.rule}: {self.message}"


def apply_allowances(tree, findings, rules):
    """Splits findings into (standing, allowed); an allowance that is wrong or does nothing is a finding too."""
    allowed_lines, wrong = collect_allowances(tree, rules)
    standing, allowed, used = [], [], set()
    for finding in findings:
        key = next((k for k in keys_of(finding) if k in allowed_lines), None)
        if key:
            used.add(key)
            allowed.append((finding, allowed_lines[key]))
        else:
            standing.append(finding)
    for path, line, rule in allowed_lines.keys() - used:
        wrong.append(Finding(path, line, "allow", f"allows {rule}, which does not happen here; remove the comment"))
    return sorted(standing + wrong), allowed


def keys_of(finding):
    """An allowance stands on the line, on the one above, or for a whole file among its first five lines."""
    lines = [finding.line, finding.line - 1] if finding.line > 1 else [1, 2, 3, 4, 5]
    return [(finding.path, line, finding.rule) for line in lines]


def collect_allowances(tree, rules):
    allowed, wrong = {}, []
    for source in tree:
        if source.path.startswith(("tools/tidy", "tests/house/")) or source.path.endswith(".md"):
            continue
        for line, rule, reason in source.allowances():
            if rule not in rules:
                wrong.append(Finding(source.path, line, "allow", f"no rule is called {rule}; tools/tidy --rules lists them"))
            elif not reason:
                wrong.append(Finding(source.path, line, "allow", f"say why: // tidy: allow {rule} because ..."))
            else:
                allowed[(source.path, line, rule)] = reason
    return allowed, wrong


def print_text(standing, allowed, notes, rules):
    for note in notes:
        print(f"note: {note}")
    for finding, reason in allowed:
        print(f"allowed: {finding.path}:{finding.line}: {finding.rule}: because {reason}")
    for finding in standing:
        print(finding)
    broken = {finding.rule for finding in standing}
    print(f"{len(standing)} findings, {len(allowed)} allowed, {len(rules)} rules")
    print(f"{len(rules) - len(broken)} passed, {len(broken)} failed, 0 skipped")


def print_json(standing, allowed, notes):
    print(json.dumps({
        "findings": [asdict(finding) for finding in standing],
        "allowed": [asdict(finding) | {"reason": reason} for finding, reason in allowed],
        "notes": notes,
    }, indent=2))
