"""Takes the built pages into the wheel, if there are any: a build without Node must work too."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class BuiltPages(BuildHookInterface):  # type: ignore[type-arg]
    """Puts ``web/dist`` where ``nearby.server.pages`` looks for it."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """See ``BuildHookInterface``. An editable install reads the pages where they are built."""
        pages = Path(self.root) / "web" / "dist"
        if version == "editable":
            return
        if (pages / "index.html").is_file():
            build_data["force_include"][str(pages)] = "nearby/server/web"
        else:
            self.app.display_warning("without pages: web/dist is not built; scripts/run does it, or npm in web/")
