#!/usr/bin/env python3
"""What is left of photos, read by another reader.

Runs src/listing/photo*_core.c over the files of test/lib/data/img and over PNG
and WebP files made here, and takes what it leaves apart again: which parts there
are, that the picture is the same, that nothing of what was hidden is found.
"""
import os
import struct
import subprocess
import sys
import tempfile
import zlib

os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
DRIVER = r"""
#include <stdio.h>
#include <stdlib.h>
#include "listing/photo_core.h"
int main(void)
{
	static uint8_t in[8000000], out[8000000];
	size_t		length = fread(in, 1, sizeof(in), stdin);
	EcpPhotoFacts facts;
	EcpPhotoStatus status = ecp_photo_clean(in, length, out, &facts);

	fprintf(stderr, "%d %u %u %d", status, facts.width, facts.height, facts.orientation);
	fwrite(out, 1, facts.length, stdout);
	return 0;
}
"""
WHOLE, EMPTY, TOO_LARGE, UNKNOWN, CUT, DAMAGED, TOO_WIDE, ANIMATED = range(8)
tests = 0
failed = 0


def ok(passed, says):
    global tests, failed
    tests += 1
    failed += not passed
    print(f"{'ok' if passed else 'not ok'} {tests} - {says}")


def clean(data):
    done = subprocess.run([program], input=data, capture_output=True, check=True)
    status, width, height, orientation = map(int, done.stderr.split())
    return status, width, height, orientation, done.stdout


def jpeg_parts(data):
    """Markers with their segments; coded data stand with the SOS before them."""
    assert data[:2] == b"\xff\xd8"
    at, parts = 2, []
    while True:
        assert data[at] == 0xFF, at
        marker = data[at + 1]
        if marker == 0xD9:
            return parts, data[at + 2:]
        length = struct.unpack(">H", data[at + 2:at + 4])[0]
        end = at + 2 + length
        if marker == 0xDA:
            while not (data[end] == 0xFF and data[end + 1] != 0 and not 0xD0 <= data[end + 1] <= 0xD7):
                end += 1
        parts.append((marker, data[at + 4:end]))
        at = end


def png_parts(data):
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, parts = 8, []
    while True:
        length = struct.unpack(">I", data[at:at + 4])[0]
        kind, body = data[at + 4:at + 8], data[at + 8:at + 8 + length]
        assert zlib.crc32(kind + body) == struct.unpack(">I", data[at + 8 + length:at + 12 + length])[0]
        parts.append((kind, body))
        at += 12 + length
        if kind == b"IEND":
            return parts, data[at:]


def webp_parts(data):
    assert data[:4] == b"RIFF" and data[8:12] == b"WEBP"
    end = 8 + struct.unpack("<I", data[4:8])[0]
    at, parts = 12, []
    while at < end:
        length = struct.unpack("<I", data[at + 4:at + 8])[0]
        parts.append((data[at:at + 4], data[at + 8:at + 8 + length]))
        at += 8 + length + length % 2
    assert at == end
    return parts, data[end:]


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(*chunks, width=2, height=1, depth=8, colour=2):
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
            + b"".join(chunk(*c) for c in chunks) + chunk(b"IEND", b""))


def riff(*chunks):
    body = b"WEBP" + b"".join(k + struct.pack("<I", len(b)) + b + b"\0" * (len(b) % 2) for k, b in chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def holds(data):
    return any(word in data for word in (b"secret", b"Exif", b"EcoPanierTest", b"xpacket", b"ns.adobe", b"2026:11:21"))


EXIF = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x08\0\0\0\0\0\0\0secret"
IDAT = (b"IDAT", zlib.compress(b"\0abcdef"))
HALVES = ((b"IDAT", IDAT[1][:5]), (b"IDAT", IDAT[1][5:]))
PALETTE = (b"PLTE", b"abc")
img = "test/lib/data/img"
with tempfile.TemporaryDirectory() as build:
    program = build + "/clean"
    with open(build + "/clean.c", "w", encoding="ascii") as f:
        f.write(DRIVER)
    cores = [f"src/listing/photo{part}_core.c" for part in ("", "_jpeg", "_scan", "_png", "_webp")]
    subprocess.run([os.environ.get("CC", "cc"), "-std=c11", "-O2", "-Isrc", "-o", program, build + "/clean.c", *cores], check=True)

    for name, reader, kept in (("bananes.jpg", jpeg_parts, None), ("carottes_exif_gps.jpg", jpeg_parts, None), ("tomates.jpg", jpeg_parts, None),
                               ("tomates.png", png_parts, (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")), ("bananes.webp", webp_parts, (b"VP8 ", b"VP8L"))):
        before = open(f"{img}/{name}", "rb").read()
        after = clean(before)[4]
        old, new = reader(before)[0], reader(after)[0]
        kept = kept or (0xC0, 0xC2, 0xC4, 0xDA, 0xDB, 0xDD)
        ok([p for p in new if p[0] != 0xE0] == [p for p in old if p[0] in kept], f"{name}: the picture's parts are as they were, in order")
        ok(all(p[0] in kept or p == (0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0") for p in new), f"{name}: and there are no others")
        ok(not holds(after) and reader(after)[1] == b"", f"{name}: nothing of the camera, nothing behind the end")
    ok(holds(open(f"{img}/carottes_exif_gps.jpg", "rb").read()), "what is looked for was there")
    place = struct.pack("<6I", 48, 1, 51, 1, 2400, 100)
    raw = open(f"{img}/carottes_exif_gps.jpg", "rb").read()
    ok(place in raw and place[:16] not in clean(raw)[4] and struct.pack(">4I", 48, 1, 51, 1) not in clean(raw)[4], "the place, 48°51'24\", is gone")

    plain = png(IDAT)
    for says, data, status in (
            ("plain", plain, WHOLE), ("in two parts", png(*HALVES), WHOLE), ("no data", png(), DAMAGED), ("parts apart", png(HALVES[0], (b"tEXt", b"a\0b"), HALVES[1]), DAMAGED),
            ("an unknown part that is needed", png((b"ABCD", b""), IDAT), DAMAGED), ("animated", png((b"acTL", b"\0" * 8), IDAT), ANIMATED),
            ("animated behind", png(IDAT, (b"fdAT", b"\0" * 8)), ANIMATED), ("colour by a palette without one", png(IDAT, colour=3), DAMAGED),
            ("with one", png(PALETTE, IDAT, colour=3), WHOLE), ("a palette of grey", png(PALETTE, IDAT, colour=0), DAMAGED), ("two palettes", png(PALETTE, PALETTE, IDAT), DAMAGED),
            ("a palette behind", png(IDAT, PALETTE), DAMAGED), ("a palette of two and a half", png((b"PLTE", b"abcd"), IDAT), DAMAGED), ("depth 3", png(IDAT, depth=3), DAMAGED),
            ("16 bits", png(IDAT, depth=16), WHOLE), ("colour 5", png(IDAT, colour=5), DAMAGED), ("no width", png(IDAT, width=0), DAMAGED), ("16384 wide", png(IDAT, width=16384), WHOLE),
            ("16385 wide", png(IDAT, width=16385), TOO_WIDE), ("10000 by 10000", png(IDAT, width=10000, height=10000), WHOLE), ("and a line more", png(IDAT, width=10000, height=10001), TOO_WIDE),
            ("two headers", plain[:33] + plain[8:], DAMAGED), ("a length beyond", plain[:33] + b"\x7f\xff\xff\xff" + plain[37:], CUT), ("beyond that", plain[:33] + b"\xff" + plain[34:], DAMAGED)):
        ok(clean(data)[0] == status, f"PNG, {says}: {status}")
    hidden = png((b"eXIf", EXIF), (b"tEXt", b"Comment\0secret"), (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0<?xpacket secret"), (b"tIME", b"\7\xea\x0b\x15\0\0\0"), IDAT, (b"zTXt", b"a\0\0secret")) + b"secret"
    ok(clean(hidden)[0] == WHOLE and clean(hidden)[3] == 8 and clean(hidden)[4] == plain, "PNG: texts, time, EXIF and what follows go, the orientation is told")
    ok(all(clean(plain[:n])[0] != WHOLE for n in range(len(plain))), "PNG: cut anywhere it is refused")
    ok(all(clean(plain[:n] + bytes([plain[n] ^ 1]) + plain[n + 1:])[0] != WHOLE for n in range(len(plain))), "PNG: with any byte changed it is refused")

    lossy = webp_parts(open(f"{img}/bananes.webp", "rb").read())[0][0]
    size = struct.pack("<I", 347)[:3] * 2
    tiny = (b"VP8L", b"\x2f" + struct.pack("<I", 1 | 2 << 14) + b"\x88\x88\x08")
    alpha = (b"ALPH", b"\0abc")

    def extended(flags, box=size):
        return (b"VP8X", bytes([flags, 0, 0, 0]) + box)
    for says, data, status in (
            ("lossy", riff(lossy), WHOLE), ("lossless", riff(tiny), WHOLE), ("extended", riff(extended(0), lossy), WHOLE), ("alpha", riff(extended(16), alpha, lossy), WHOLE),
            ("alpha without the header", riff(alpha, lossy), DAMAGED), ("alpha behind", riff(extended(16), lossy, alpha), DAMAGED), ("two pictures", riff(lossy, lossy), DAMAGED),
            ("animated", riff(extended(2), (b"ANIM", b"\0" * 6)), ANIMATED), ("frames", riff(extended(0), (b"ANMF", b"\0" * 24)), ANIMATED), ("a canvas of another size", riff(extended(0), tiny), DAMAGED),
            ("no picture", riff(extended(0)), CUT), ("nothing", riff(), CUT), ("a broken start code", riff((lossy[0], lossy[1][:3] + b"\0" + lossy[1][4:])), DAMAGED),
            ("no key frame", riff((lossy[0], bytes([lossy[1][0] | 1]) + lossy[1][1:])), DAMAGED), ("a broken signature", riff((b"VP8L", b"\x2e" + tiny[1][1:])), DAMAGED),
            ("another version", riff((b"VP8L", tiny[1][:4] + bytes([tiny[1][4] | 0x20]) + tiny[1][5:])), DAMAGED)):
        ok(clean(data)[0] == status, f"WebP, {says}: {status}")
    hidden = riff(extended(0x2C), (b"ICCP", b"secret"), lossy, (b"EXIF", EXIF), (b"XMP ", b"secret"), (b"abcd", b"secret")) + b"secret"
    ok(clean(hidden)[0] == WHOLE and clean(hidden)[3] == 8 and clean(hidden)[4] == riff(lossy), "WebP: profile, EXIF, XMP and what follows go, the orientation is told")
    hidden = riff(extended(0x3C), (b"ICCP", b"secret"), alpha, lossy, (b"EXIF", b"Exif\0\0" + EXIF))
    ok(clean(hidden)[3] == 8 and clean(hidden)[4] == riff(extended(16), alpha, lossy), "WebP: with its transparency kept")
    small = riff(tiny)
    ok(all(clean(small[:n])[0] != WHOLE for n in range(len(small))), "WebP: cut anywhere it is refused")
print(f"1..{tests}")
sys.exit(failed > 0)
