"""Says what the safetensors library reads of files, for the tests that hold our reader and writer against it.

Arguments: a folder, a seed, a number of random files, then files. Writes the random files to the folder, and each once more
with some bytes of its header changed, left out or doubled. Then answers a JSON object a line for each file, those of the
folder before the others: the tensors with type, shape and SHA-256 of their bytes, or why they were refused.
"""

import ctypes
import hashlib
import json
import pathlib
import random
import sys

import safetensors

NAMES = ["h.0.attn.weight", "", " ", "Zürich", "日本", '"quoted"', "line\nbreak", "a/b\\c", "__metadata", "é", "\U0001f600"]
TYPES = {
    "bool": 1, "uint8": 1, "int8": 1, "float8_e4m3fn": 1, "float8_e5m2": 1, "uint16": 2, "int16": 2, "float16": 2,
    "bfloat16": 2, "uint32": 4, "int32": 4, "float32": 4, "uint64": 8, "int64": 8, "float64": 8,
}


def random_file(draw):
    """A file with up to seven tensors, some of them empty, some of a single number."""
    tensors, contents = {}, []
    for _ in range(draw.randrange(8)):
        dtype = draw.choice(list(TYPES))
        shape = [draw.choice([0, 1, 1, 2, 3, 5]) for _ in range(draw.randrange(4))]
        size = TYPES[dtype]
        for length in shape:
            size *= length
        contents.append(ctypes.create_string_buffer(draw.randbytes(size), size + 1))
        tensors[draw.choice(NAMES) + str(draw.randrange(3))] = safetensors.TensorSpec(
            dtype=dtype, shape=shape, data_ptr=ctypes.addressof(contents[-1]), data_len=size)
    metadata = {draw.choice(NAMES): draw.choice(NAMES) for _ in range(draw.randrange(3))}
    return bytes(safetensors.serialize(tensors, metadata or None))


def damaged(draw, data):
    """The same file with a few bytes of its header not as they were."""
    length = 8 + int.from_bytes(data[:8], "little")
    head = bytearray(data[:length])
    for _ in range(draw.randrange(1, 4)):
        place = draw.randrange(len(head))
        kind = draw.randrange(4)
        if kind == 0:
            head[place] = draw.randrange(256)
        elif kind == 1:
            head[place] = ord(draw.choice('0123456789{}[]",: '))
        elif kind == 2 and place >= 8:
            del head[place]
        else:
            head.insert(max(8, place), head[place])
    if draw.randrange(2) and len(head) >= 8:
        head[:8] = (len(head) - 8).to_bytes(8, "little")
    return bytes(head) + data[length:]


def answer(path):
    """What the library reads of a file."""
    try:
        tensors = safetensors.deserialize(path.read_bytes())
    except safetensors.SafetensorError as error:
        return {"file": str(path), "refused": str(error)}
    return {
        "file": str(path),
        "tensors": {
            name: [found["dtype"], str(list(found["shape"])), hashlib.sha256(bytes(found["data"])).hexdigest()]
            for name, found in tensors},
    }


def main():
    folder, seed, count = pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    draw = random.Random(seed)
    files = []
    for k in range(count):
        data = random_file(draw)
        for kind, content in (("whole", data), ("damaged", damaged(draw, data))):
            files.append(folder / f"{k}-{kind}.safetensors")
            files[-1].write_bytes(content)
    for path in files + [pathlib.Path(name) for name in sys.argv[4:]]:
        print(json.dumps(answer(path)))


main()
