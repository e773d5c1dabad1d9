"""Unpacks a production with Python's zipfile and has the Library of Congress's bagit validate it: python3 unpack.py ZIP FOLDER

Prints the folder that holds bagit.txt. Afterwards a changed file must fail, so that the validator is no yes-man.
"""
import pathlib
import shutil
import sys
import zipfile


def unpack(archive, folder):
    with zipfile.ZipFile(archive) as zip:
        assert zip.testzip() is None
        infos = zip.infolist()
        for info in infos:
            assert info.compress_type == zipfile.ZIP_STORED and info.date_time == (1980, 1, 1, 0, 0, 0), info.filename
        names = [info.filename for info in infos]
        assert names == sorted(names, key=str.encode), "out of order"
        zip.extractall(folder)
    (top,) = {name.split("/")[0] for name in names}
    return pathlib.Path(folder) / top


def validate(root):
    import bagit

    bag = bagit.Bag(str(root))
    bag.validate(processes=1)
    assert sorted(bag.algorithms) == ["sha256", "sha512"], bag.algorithms
    changed = root.parent / "changed"
    shutil.copytree(root, changed)
    (changed / "data/LOGS/custody.jsonl").write_text("x")
    assert not bagit.Bag(str(changed)).is_valid(), "bagit accepts a changed file"
    shutil.rmtree(changed)


root = unpack(*sys.argv[1:])
try:
    validate(root)
    print("interop: zipfile and bagit accept it", file=sys.stderr)
except ImportError:
    print("interop: bagit not run: it is not installed for this Python", file=sys.stderr)
print(root)
