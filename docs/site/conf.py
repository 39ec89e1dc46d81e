"""How Sphinx builds the site; scripts/docs calls it. Nothing here, and nothing of the theme, calls another host."""

project = "nearby"
author = "the nearby authors"
html_title = "nearby"

extensions = ["myst_parser"]
myst_heading_anchors = 4
root_doc = "index"
exclude_patterns: list[str] = []

html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_last_updated_fmt = None
html_theme_options = {"navigation_with_keys": True}
pygments_style = "friendly"
pygments_dark_style = "github-dark"
# Lines of the wire look like a dialogue, which no lexer knows.
suppress_warnings = ["misc.highlighting_failure"]
