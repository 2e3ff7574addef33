# Finds the functions of C++ code by its braces: good enough to measure them, and quick.
import re
from dataclasses import dataclass

from tidylib.source import DIRECTIVE

TURN = re.compile(r"[{}();:]")
TYPE_HEAD = re.compile(r"^(?:template\s*<.*>\s*)?(?:typedef\s+|static\s+|inline\s+|constexpr\s+|export\s+)*"
                       r"(?:class|struct|union|enum|namespace|extern\b|inline\s+namespace|concept)\b", re.DOTALL)
ATTRIBUTE = re.compile(r"\[\[[^\]]*\]\]|alignas\s*\([^()]*\)")
ACCESS = re.compile(r"^\s*(?:public|private|protected)\s*$")
MACRO_CALL = re.compile(r"^\s*[A-Z][A-Z0-9_]*\s*\(")
FOLLOWED = re.compile(r"\s*[{;,:=(\-]")
FUNCTION_END = re.compile(
    r"\)\s*(?:(?:const|volatile|mutable|override|final|try|&&?|noexcept(?:\s*\((?:[^()]|\([^()]*\))*\))?)\s*)*"
    r"(?:->[^=;]*|requires\b.*)?$",
    re.DOTALL,
)
LAMBDA = re.compile(r"=\s*\[[^\]]*\]\s*(?:\(|<|$|mutable|->)", re.DOTALL)
LAST_NAME = re.compile(r"((?:[A-Za-z_~][\w]*\s*::\s*)*(?:operator\s*[^\s\w(]{1,3}|operator\b[^(]*|[A-Za-z_~]\w*))\s*\($")


@dataclass(frozen=True)
class Function:
    name: str
    first: int
    last: int

    @property
    def length(self):
        return self.last - self.first + 1


def find_functions(code):
    """Every function, test body and lambda at namespace scope; a lambda inside a function is part of it."""
    return Scanner(code).scan()


class Scanner:
    """Walks the turns of the code, remembering what each open brace is and the text since the last statement."""

    def __init__(self, code):
        self.code = DIRECTIVE.sub(lambda m: re.sub(r"[^\n]", " ", m.group()), code)
        self.found = []
        self.open = []  # the parenthesis depth outside each open scope
        self.skipping = 0  # depth of braces inside a function or an initialiser: nothing in there begins a function
        self.function = None  # name and first line of the function that is being skipped
        self.parens = 0
        self.head_start = 0

    def scan(self):
        for match in TURN.finditer(self.code):
            if self.skipping:
                self.skip(match)
            else:
                getattr(self, self.HANDLERS[match.group()])(match.start())
        return self.found

    HANDLERS = {"{": "on_open", "}": "on_close", "(": "on_paren", ")": "on_paren_end", ";": "on_end", ":": "on_colon"}

    def skip(self, match):
        self.skipping += {"{": 1, "}": -1}.get(match.group(), 0)
        if self.function and not self.skipping:
            self.found.append(Function(*self.function, self.line_of(match.start())))
            self.function, self.head_start = None, match.end()

    def on_paren(self, _):
        self.parens += 1

    def on_paren_end(self, at):
        self.parens = max(0, self.parens - 1)
        if not self.parens and MACRO_CALL.match(self.code[self.head_start : at]) and not FOLLOWED.match(self.code, at + 1):
            self.head_start = at + 1

    def on_end(self, at):
        if not self.parens:
            self.head_start = at + 1

    def on_colon(self, at):
        if not self.parens and ACCESS.match(self.code[self.head_start : at]):
            self.head_start = at + 1

    def on_open(self, at):
        head = self.code[self.head_start : at]
        kind = "init" if self.parens else kind_of_head(head)
        if kind == "scope":
            self.open.append(self.parens)
            self.head_start, self.parens = at + 1, 0
            return
        self.skipping = 1
        if kind == "function":
            self.function = (name_of(head), self.line_of(self.head_start + len(head) - len(head.lstrip())))

    def on_close(self, at):
        self.parens = self.open.pop() if self.open else 0
        self.head_start = at + 1

    def line_of(self, offset):
        return self.code.count("\n", 0, offset) + 1


def kind_of_head(head):
    """What the brace after `head` opens: a scope (namespace, type), a function, or a value (an initialiser)."""
    head = ATTRIBUTE.sub("", head).strip()
    if TYPE_HEAD.match(head) and not FUNCTION_END.search(head):
        return "scope"
    if LAMBDA.search(head):
        return "function"
    if "(" not in head or assigns(head):
        return "init" if head else "scope"
    if FUNCTION_END.search(head) and not in_member_list(head):
        return "function"
    return "function" if in_member_list(head) and head[-1] in ")}" else "init"


def outside_brackets(head):
    """The head without what stands in (), {} and (roughly) template arguments."""
    head = re.sub(r"operator\s*[^\s\w(]{1,3}", "operator ", head)
    before = None
    while before != head:
        before, head = head, re.sub(r"\([^(){}]*\)|\{[^(){}]*\}", " ", head)
    return re.sub(r"<[^<>;]*>", " ", re.sub(r"<[^<>;]*>", " ", head))


def assigns(head):
    return bool(re.search(r"(?<![=!<>])=(?!=)", outside_brackets(head)))


def in_member_list(head):
    """A constructor's member initialisers: a single colon after the parameters."""
    return bool(re.search(r"(?<!:):(?!:)", outside_brackets(head)))


def name_of(head):
    if LAMBDA.search(head):
        return head.split("=")[0].split()[-1]
    if re.match(r"\s*[A-Z][A-Z0-9_]+\s*\(", head):
        return " ".join(head[: head.rindex(")") + 1].split())
    while re.search(r"<[^<>]*>", head) and "operator" not in head:
        head = re.sub(r"<[^<>]*>", "", head)
    if "operator()" in head:
        return "operator()"
    match = LAST_NAME.search(head[: head.find("(") + 1])
    return re.sub(r"\s*::\s*", "::", match.group(1)) if match else " ".join(head.split())[:60]
