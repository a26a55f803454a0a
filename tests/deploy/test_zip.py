"""What `scripts/deploy.sh build` left behind for Lambda's arm64: run it first. That it starts there is not
proven; no machine of that kind was at hand."""

import re
import struct
import unittest
import zipfile

from here import ROOT

AARCH64 = 183  # e_machine of the ELF header
GLIBC_OF_AMAZON_LINUX_2023 = (2, 34)
LARGEST = 9_000_000  # bytes; a cold start reads all of them
# The client of MySQL brings a regular expression engine along, and the world's time zones are in both, as is the client of
# schema registries, over HTTP: 1.5 MB.
LARGER = {"analyticdb-mysql": 10_500_000, "mysql-source": 9_500_000}


class Zip(unittest.TestCase):
    def test_each_holds_one_small_program_that_lambda_can_run(self):
        zips = [ROOT / f"target/lambda/arm64/{folder.name}/bootstrap.zip" for folder in (ROOT / "functions").iterdir()]
        built = [path for path in zips if path.exists()]
        self.assertTrue(built, "scripts/deploy.sh build CONNECTOR comes first")
        for path in built:
            with zipfile.ZipFile(path) as archive:
                (entry,) = archive.infolist()
                program = archive.read(entry)
            self.assertEqual(entry.filename, "bootstrap")
            self.assertEqual(entry.external_attr >> 16 & 0o111, 0o111, "it may be executed")
            self.assertEqual(program[:5], b"\x7fELF\x02")
            self.assertEqual(struct.unpack_from("<H", program, 18)[0], AARCH64)
            needed = {tuple(map(int, version.split(b"."))) for version in re.findall(rb"GLIBC_(\d+\.\d+)", program)}
            self.assertLessEqual(max(needed), GLIBC_OF_AMAZON_LINUX_2023)
            self.assertLess(len(program), LARGER.get(path.parent.name, LARGEST))


if __name__ == "__main__":
    unittest.main()
