#!/usr/bin/env python3
"""EXIF, XMP and IPTC of photos, under each policy and in each format, as exiftool reads them before and after.

    tests/reference/metadata.py target/release/lightmill FOLDER_OF_PHOTOS [OUT]

OUT keeps what is made; without it, it is thrown away. Needs exiftool. A row is a policy and a format, and counts files:

    warns   exiftool -validate warns of something that it did not warn of in the source (reasons are listed below the table)
    differs a tag that should be as it was is not
    leaks   a tag is there that should be gone
    turned  orientation is not 1, or sizes in EXIF or XMP are not the picture's
    notes   equal/absent: what became of makers' notes; anything else is an error

Ends with 1 if anything but the explained happens.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

POLICIES = ["keep", "no-gps", "copyright", "strip", "exif", "xmp,iptc"]
FORMATS = {"jpeg": "jpg", "png": "png", "webp": "webp", "avif": "avif", "jxl": "jxl", "gif": "gif", "tiff": "tif"}

# What follows the picture.
OURS = {"Orientation", "ExifImageWidth", "ExifImageHeight", "ImageWidth", "ImageHeight", "ImageLength"}
# Groups that are not compared: what exiftool works out, the container, colour, the small copy, and what stands in several places.
OTHERS = {"ExifTool", "File", "System", "Composite", "JFIF", "PNG", "PNG-pHYs", "RIFF", "ICC_Profile", "ICC-header", "ICC-view",
          "ICC-meas", "ICC-chrm", "IFD1", "APP5", "APP6", "APP12", "APP13", "APP14", "Adobe", "Scalado", "MPF0", "Ducky", "Photoshop", "Meta",
          "MetaIFD", "QuickTime", "Jpeg2000", "GIF", "PictureInfo", "SubIFD", "PrintIM"}
EXIF = {"IFD0", "ExifIFD", "GPS", "InteropIFD"}
# What exiftool writes of a packet itself.
XMP_OWN = {"XMP-x:XMPToolkit", "XMP-xmp:ThumbnailImage", "XMP-xmp:ThumbnailFormat", "XMP-xmp:ThumbnailWidth", "XMP-xmp:ThumbnailHeight"}
LOCATIONS = {"City", "State", "Country", "CountryCode", "Location", "Sub-location", "Province-State", "Country-PrimaryLocationCode",
             "Country-PrimaryLocationName", "LocationCreated", "LocationShown", "ContentLocationCode", "ContentLocationName"}
CREDIT = {"Artist", "Copyright", "Creator", "Rights", "By-line", "CopyrightNotice", "Marked",
          "WebStatement", "UsageTerms", "Owner", "CopyrightOwner", "ImageCreator"}
OF_OTHERS = {"CodedCharacterSet", "ApplicationRecordVersion", "About"}
FORM = {"XResolution", "YResolution", "ResolutionUnit", "YCbCrPositioning"}
# TIFF has them of its own samples, or has no place for them (CIPA DC-008, 4.6.8).
NOT_IN_TIFF = {"ComponentsConfiguration", "CompressedBitsPerPixel", "Padding", "OffsetSchema", "BitsPerSample", "Compression",
               "PhotometricInterpretation", "SamplesPerPixel", "RowsPerStrip", "StripByteCounts", "StripOffsets", "SampleFormat",
               "PlanarConfiguration", "ExtraSamples", "XMP", "Predictor", "SubfileType", "ReferenceBlackWhite", "YCbCrCoefficients"}
# Reasons for warnings that no writer could avoid, or that are of the source.
EXPLAINED = {
    "PreviewImageStart is past end of file": "a maker's note leads to data behind the source's picture, which do not travel",
    "Missing required TIFF": "what exiftool requires of TIFF and not of JPEG; the source has none",
    "Possibly incorrect maker notes offsets": "as in the source, by another number of bytes",
    "Invalid value for IFD0 tag 0x0103 Compression": "exiftool knows the values of TIFF 6.0 here; deflate came later",
    "is not allowed in TIFF": "tags that the source has in its first directory",
}


def read(folder):
    """Tags of each file, by its name without extension, and its warnings."""
    command = ["exiftool", "-G1", "-a", "-s", "-n", "-u"]
    said = subprocess.run([*command, "-j", "-all", str(folder)], capture_output=True, text=True).stdout
    files = {Path(tags["SourceFile"]).stem: (tags, []) for tags in json.loads(said or "[]")}
    # As JSON, only the first warning is told.
    said = subprocess.run([*command, "-validate", "-warning", str(folder)], capture_output=True, text=True).stdout
    warnings = None
    for line in said.splitlines():
        if line.startswith("======== "):
            warnings = files[Path(line[9:]).stem][1]
        elif line.startswith("[ExifTool]") and " Warning " in line.partition(": ")[0]:
            warnings.append(line.partition(": ")[2].strip())
    return files


def parts(key):
    group, _, name = key.partition(":")
    return (group, name) if name else ("", group)


def is_note(group):
    known = EXIF | OTHERS | {"", "IPTC", "IPTC2"}
    return group not in known and not group.startswith(("XMP", "ICC", "PNG", "APP", "MPImage"))


def kind_of(group):
    if group in EXIF:
        return "exif"
    if group.startswith("XMP"):
        return "xmp"
    if group.startswith("IPTC"):
        return "iptc"
    return "note" if is_note(group) else None


def stays(key, policy, format):
    """Whether a tag of the source should be in the output."""
    group, name = parts(key)
    kind = kind_of(group)
    if key in XMP_OWN or kind is None:
        return None
    if format == "gif" and kind != "xmp":
        return False
    if kind == "note" or name.startswith("MakerNote"):
        return policy in ("keep", "exif") and format != "tiff"
    if kind == "iptc" and format in ("webp", "avif", "jxl"):
        return False
    # One camera has it in the first directory, where only its own kind of file is looked at.
    if format == "tiff" and key == "IFD0:DateTimeOriginal":
        return None
    if format == "tiff" and (name in NOT_IN_TIFF or group == "InteropIFD" or name in OURS):
        return None
    is_place = name.startswith("GPS") or group == "GPS" or name in LOCATIONS
    if format == "tiff" and name in FORM and kind == "exif":
        # No TIFF file is without (TIFF 6.0, section 4).
        return True if policy in ("keep", "exif", "no-gps") else None
    if policy == "no-gps":
        return not is_place
    if policy == "copyright":
        return None if name in FORM | OF_OTHERS else name in CREDIT
    return policy == "keep" or kind in policy.split(",")


def same(before, after):
    return before == after or str(before).strip() == str(after).strip()


def judged(source, made, policy, format, warned):
    """Which of a row's counts a file adds to, and with what."""
    (before, old_warnings), (after, new_warnings) = source, made
    found = {}
    for key, value in before.items():
        group, name = parts(key)
        wanted = stays(key, policy, format)
        if wanted is None or name in OURS or name in ("PreviewImageStart", "ThumbnailOffset", "MakerNoteOffset"):
            continue
        if wanted and (key not in after or not same(value, after[key])):
            found.setdefault("differs", []).append(f"{key}: {value} -> {after.get(key)}"[:100])
        if not wanted and key in after:
            found.setdefault("leaks", []).append(key)
    for key in after:
        if stays(key, policy, format) is False and key not in before and kind_of(parts(key)[0]):
            found.setdefault("leaks", []).append(key)
    width, height = after.get("File:ImageWidth"), after.get("File:ImageHeight")
    for name, wanted in [("IFD0:Orientation", 1), ("XMP-tiff:Orientation", 1), ("ExifIFD:ExifImageWidth", width), ("ExifIFD:ExifImageHeight", height),
                         ("XMP-exif:ExifImageWidth", width), ("XMP-exif:ExifImageHeight", height)]:
        if wanted and name in after and after[name] != wanted:
            found.setdefault("turned", []).append(f"{name} is {after[name]}")
    for warning in new_warnings:
        if warning in old_warnings:
            continue
        reason = next((reason for words, reason in EXPLAINED.items() if words in warning), None)
        warned.setdefault(warning, set()).add(reason)
        found.setdefault("explained" if reason else "warns", []).append(warning)
    notes = [key for key in before if is_note(parts(key)[0])]
    if notes:
        there = sum(key in after for key in notes)
        found["notes"] = "equal" if there == len(notes) else "absent" if there == 0 else f"{there} of {len(notes)}"
    return found


def main():
    binary, photos = sys.argv[1], Path(sys.argv[2])
    sources, wrong, warned, reasons = read(photos), 0, {}, []
    with tempfile.TemporaryDirectory() as thrown_away:
        out = Path(sys.argv[3] if len(sys.argv) > 3 else thrown_away)
        print(f"{'policy':<10} {'format':<6} {'files':>5} {'warns':>5} {'explained':>9} {'differs':>7} {'leaks':>5} {'turned':>6}  notes")
        for policy in POLICIES:
            for format in FORMATS:
                folder = out / f"{policy}-{format}"
                subprocess.run([binary, "convert", photos, "-o", folder, "-f", format, "--metadata", policy, "--resize", "400x400",
                                "--quiet", "--on-conflict", "overwrite"], check=True)
                made = read(folder)
                counts, notes = dict.fromkeys(["warns", "explained", "differs", "leaks", "turned"], 0), {}
                for name, source in sources.items():
                    found = judged(source, made[name], policy, format, warned)
                    fate = found.pop("notes", None)
                    if fate:
                        notes[fate] = notes.get(fate, 0) + 1
                    for count, what in found.items():
                        counts[count] += 1
                        if count != "explained":
                            reasons.append(f"{policy} {format} {name}: {count}: {'; '.join(what[:4])}")
                wrong += sum(counts[count] for count in counts if count != "explained")
                wrong += sum(count for fate, count in notes.items() if " of " in fate)
                fates = ", ".join(f"{count} {fate}" for fate, count in sorted(notes.items()))
                print(f"{policy:<10} {format:<6} {len(made):>5} " + " ".join(
                    f"{counts[count]:>{width}}" for count, width in
                    [("warns", 5), ("explained", 9), ("differs", 7), ("leaks", 5), ("turned", 6)]) + f"  {fates}")
    print()
    for warning, why in sorted(warned.items()):
        print(f"warning: {warning}: {', '.join(filter(None, why)) or 'not explained'}")
    for reason in reasons:
        print(reason)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
