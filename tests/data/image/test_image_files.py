"""Files of all kinds become squares of colours, or one sentence."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from musiclm_jax.data.image import image_files

SIDE = 8
RED, GREEN = (200, 30, 20), (20, 180, 40)


def saved(path, image, **options):
    image.save(path, **options)
    return image_files.read_image(path, SIDE)


def halves(mode="RGB", size=(40, 20)):
    """The left half red, the right half green."""
    image = Image.new("RGB", size, RED)
    image.paste(GREEN, (size[0] // 2, 0, *size))
    return image.quantize(2) if mode == "P" else image.convert(mode)


def check_halves(pixels, tolerance=2):
    assert pixels.shape == (SIDE, SIDE, 3) and pixels.dtype == np.uint8
    for columns, colour in ((slice(0, 2), RED), (slice(6, 8), GREEN)):
        away = np.abs(pixels[:, columns].astype(int) - colour)
        assert away.max() <= tolerance


@pytest.mark.parametrize(
    ("name", "mode", "options", "tolerance"),
    [
        ("a.png", "RGB", {}, 2),
        ("a.png", "P", {}, 2),
        ("a.gif", "P", {}, 2),
        ("a.bmp", "RGB", {}, 2),
        ("a.tif", "RGB", {}, 2),
        ("a.webp", "RGB", {"lossless": True}, 2),
        ("a.jpg", "RGB", {"quality": 95, "subsampling": 0}, 12),
        ("a.jpg", "CMYK", {"quality": 95}, 12),
        ("a.tif", "CMYK", {}, 2),
    ],
)
def test_formats_and_modes(tmp_path, name, mode, options, tolerance):
    pixels = saved(tmp_path / name, halves(mode), **options)
    check_halves(pixels, tolerance)


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        (np.full((4, 4), 100, np.uint8), 100),
        (np.full((4, 4), 100 * 257, np.uint16), 100),
        (np.full((4, 4), 100 * 257, np.int32), 100),
        (np.full((4, 4), 100 / 255, np.float32), 100),
        (np.full((4, 4), np.nan, np.float32), 0),
        (np.eye(4) > 2, 0),
    ],
)
def test_grey_of_any_depth(tmp_path, levels, expected):
    pixels = saved(tmp_path / "grey.tif", Image.fromarray(levels))
    np.testing.assert_array_equal(pixels, np.full((SIDE, SIDE, 3), expected))


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA"])
def test_what_can_be_seen_through_lies_on_white(tmp_path, mode):
    image = Image.new("RGBA", (4, 4), (0, 0, 0, 0)).convert(mode)
    assert saved(tmp_path / "a.tif", image).min() == 255


def test_a_palette_with_a_colour_to_see_through(tmp_path):
    image = halves("P")
    hidden = image.getpixel((0, 0))
    pixels = saved(tmp_path / "a.png", image, transparency=hidden)
    assert pixels[:, :2].min() > 250 and pixels[:, 6:].max() < 255


def test_of_an_animation_the_first_frame_is_taken(tmp_path):
    frames = [Image.new("RGB", (40, 20), (0, 0, 250)) for _ in range(3)]
    saved_first = halves()
    pixels = saved(
        tmp_path / "a.webp",
        saved_first,
        save_all=True,
        append_images=frames,
        lossless=True,
    )
    check_halves(pixels)


@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_a_photograph_stands_as_the_camera_was_held(tmp_path, mode):
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter: what is left in the file is the top
    image = halves().convert(mode)
    pixels = saved(tmp_path / "a.png", image, exif=exif)
    left, right = (
        halves().convert(mode).convert("RGB").getpixel(x) for x in ((0, 0), (39, 0))
    )
    assert np.abs(pixels[:2].astype(int) - left).max() <= 2
    assert np.abs(pixels[6:].astype(int) - right).max() <= 2


@pytest.mark.parametrize("size", [(1, 1), (1, 4000), (4000, 1), (9, 7)])
def test_sizes_of_all_kinds(tmp_path, size):
    pixels = saved(tmp_path / "a.png", Image.new("RGB", size, RED))
    np.testing.assert_array_equal(pixels, np.broadcast_to(RED, (SIDE, SIDE, 3)))


def header_of_png(width, height):
    """A PNG that says its size and holds nothing."""

    def chunk(kind, data):
        crc = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc)

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", b"")


@pytest.mark.parametrize("width", [9_000, 10_000, 60_000])
def test_what_is_huge_is_judged_by_its_header(tmp_path, width):
    path = tmp_path / "huge.png"
    path.write_bytes(header_of_png(width, 9_000))
    with pytest.raises(ValueError, match=r"huge\.png has more than 80,000,000 pixels"):
        image_files.read_image(path, SIDE)


def test_a_broken_picture_is_one_sentence(tmp_path):
    path = tmp_path / "a.png"
    halves().resize((300, 300)).save(path)
    whole = path.read_bytes()
    (tmp_path / "cut.png").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match=r"cut\.png is a broken picture: ") as error:
        image_files.read_image(tmp_path / "cut.png", SIDE)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.png", b""),
        ("text.jpg", b"no picture at all"),
        ("drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        ("page.eps", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"),
    ],
)
def test_what_is_no_picture(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=f"{name} is broken or no picture that can"):
        image_files.read_image(tmp_path / name, SIDE)


def test_what_is_not_there(tmp_path):
    for path in (tmp_path / "no.png", tmp_path):
        with pytest.raises(FileNotFoundError, match="there is no picture"):
            image_files.read_image(path, SIDE)


def test_broken_bytes_are_one_sentence_or_a_picture(tmp_path, rng):
    """Whatever happens to a file, nothing else comes out."""
    for name in ("a.png", "a.jpg", "a.gif", "a.webp", "a.tif", "a.bmp"):
        path = tmp_path / name
        halves().save(path)
        whole = np.frombuffer(path.read_bytes(), np.uint8)
        for _ in range(20):
            broken = whole.copy()
            broken[rng.integers(len(broken), size=4)] = rng.integers(256, size=4)
            path.write_bytes(broken.tobytes())
            try:
                assert image_files.read_image(path, SIDE).shape == (SIDE, SIDE, 3)
            except ValueError as error:
                assert str(path) in str(error) and "\n" not in str(error)
