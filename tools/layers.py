"""docs/layers.txt as data: which folder may include which, and which library lives where."""

import fnmatch
import re
from dataclasses import dataclass, field

LINE = re.compile(r"^(?P<name>[^:\s]+):(?P<rest>.*)$")


@dataclass
class Layers:
    folders: dict = field(default_factory=dict)  # folder -> the folders that it may include
    extras: list = field(default_factory=list)  # (pattern of files, more folders)
    libraries: list = field(default_factory=list)  # (pattern of headers, their only folders)

    def folder_of(self, path):
        """The listed folder that holds this path (relative to src/), or None."""
        parts = path.split("/")[:-1]
        while parts:
            folder = "/".join(parts)
            if folder in self.folders:
                return folder
            parts.pop()
        return None

    def allowed(self, path):
        """The folders that the file may include. Needs folder_of(path)."""
        folder = self.folder_of(path)
        allowed = {folder} | self.folders[folder]
        for pattern, more in self.extras:
            if fnmatch.fnmatchcase(path, pattern):
                allowed |= more
        return allowed

    def allowed_to_folder(self, folder):
        """What any file of the folder may include: what its target may link."""
        allowed = {folder} | self.folders[folder]
        for pattern, more in self.extras:
            if pattern.startswith(folder + "/"):
                allowed |= more
        return allowed

    def homes_of(self, header):
        """The only folders that may include the library header, or None where all may."""
        for pattern, homes in self.libraries:
            if fnmatch.fnmatchcase(header, pattern):
                return homes
        return None


def parse(text, name="docs/layers.txt"):
    """Layers from the text; ValueError names the line that cannot be read."""
    layers = Layers()
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.split("#")[0].strip()
        if not line:
            continue
        match = LINE.match(line)
        if not match:
            raise ValueError(f"{name}:{number}: not 'NAME: FOLDERS': {line}")
        words = match["rest"].split()
        if match["name"].startswith("<"):
            layers.libraries.append((match["name"].strip("<>"), set(words)))
        elif words[:1] == ["+"]:
            layers.extras.append((match["name"], set(words[1:])))
        elif match["name"] in layers.folders:
            raise ValueError(f"{name}:{number}: {match['name']} has a line already")
        else:
            layers.folders[match["name"]] = set(words)
    known = set(layers.folders)
    for where, words in [*layers.folders.items(), *layers.extras]:
        if words - known:
            raise ValueError(f"{name}: {where} names unknown folders: {sorted(words - known)}")
    return layers
