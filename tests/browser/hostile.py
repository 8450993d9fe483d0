"""Text that does its best to be more than text."""

HOSTILE = (
    "https://evil.example/login", "HTTP://EVIL.example", "see https://evil.example/a(b)[c].", "www.evil.example",
    "a@evil.example", "mailto:a@evil.example", "(https://evil.example)", "x[https://evil.example]y", "https://evil.example`x",
    "`https://evil.example`", "https://evil.example]{foreground=red}", "\\https://evil.example\\", "<https://evil.example>",
    "[x](https://evil.example)", "![x](https://evil.example/x.png)", "[x][1] [1]: https://evil.example", "x\n===", "===",
    "---", "x\n---\ny", "# heading", "#", "- item", "* item", "+ item", "1. item", "1) item", "> quote", "    code", "\tcode",
    "```\ncode", "~~~", "a\n\nb", "a  \nb", "a\\", "| a | b |\n|---|---|\n| 1 | 2 |", "**bold**", "__bold__", "_em_", "*",
    "~~gone~~", "`code`", "``", "$x^2$", "$$x$$", "cost $5 or $6", ":smile:", ":+1:", ":smile", ":material/home:",
    ":material_home:", ":material/", ":streamlit:", ":red[red]", ":red-background[x]", ":blue-badge[x]", ":small[x]",
    ":shimmer[x]", ":help[x]", ":color[x]{foreground=red}", "::leaf[x]", ":::box", "a ]b", "[", "]", "a -> b", "a <-> b",
    "-- x", "a >= b", "<h1>x</h1>", "<img src=https://evil.example/x.png>", "<script>alert(1)</script>", "<!-- x -->",
    "<a href='//evil.example'>x</a>", "&lt;b&gt;", "&#x41;", "&amp;", "&colon;smile&colon;", "\u202egnp.exe", "a\u200bb",
    "\u2066x", "a\x00b", "\x1b[31m", "x\u0300\u0301\u0302\u0303\u0304\u0305\u0306\u0307", "x" * 400,
    "https://evil.example/" + "x" * 400, "word " * 500, "\ud800", "[^1]", "- [ ] todo", "^", "\u2028x", "%(x)s {y}", "~=",
    "http:/", "://", "ftp://evil.example", "//evil.example", "javascript:alert(1)", "data:text/html,x", "www",
    "xmpp:a@evil.example", "\u0440https://evil.example", "a_https://evil.example_",
)  # fmt: skip
