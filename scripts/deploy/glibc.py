"""Whether the program in a zip can run on every system that s.template.yaml offers: python glibc.py ZIP."""

import re
import struct
import sys
import zipfile

X86_64 = 62  # e_machine of the ELF header
# Of Debian 11, the older one of custom.debian11 and custom.debian12.
OLDEST = (2, 31)


def problems(path):
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        if [entry.filename for entry in entries] != ["bootstrap"]:
            return ["it must hold one file, bootstrap"]
        program = archive.read(entries[0])
    found = []
    if not entries[0].external_attr >> 16 & 0o111:
        found.append("bootstrap is not executable")
    if program[:5] != b"\x7fELF\x02" or struct.unpack_from("<H", program, 18)[0] != X86_64:
        return found + ["bootstrap is not a program for x86_64"]
    needed = {tuple(map(int, version.split(b"."))) for version in re.findall(rb"GLIBC_(\d+\.\d+)", program)}
    if max(needed, default=OLDEST) > OLDEST:
        newest = ".".join(map(str, max(needed)))
        found.append(f"bootstrap needs glibc {newest}, and Debian 11 has {'.'.join(map(str, OLDEST))}")
    return found


if __name__ == "__main__":
    wrong = problems(sys.argv[1])
    for words in wrong:
        print(f"{sys.argv[1]}: {words}", file=sys.stderr)
    sys.exit(bool(wrong))
