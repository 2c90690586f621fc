"""Writes, reads and merges a MIDI file of 20,000 messages."""

import io

import mido

file = mido.MidiFile()
for channel in range(8):
    track = mido.MidiTrack()
    file.tracks.append(track)
    track.append(mido.MetaMessage("track_name", name=f"track {channel}"))
    for i in range(2_500):
        track.append(mido.Message("note_on" if i % 2 else "note_off", channel=channel, note=i % 128, time=i % 7))
    track.append(mido.MetaMessage("end_of_track"))
data = io.BytesIO()
file.save(file=data)
data.seek(0)
again = mido.MidiFile(file=data)
parser = mido.Parser()
parser.feed(b"".join(bytes(message.bytes()) for message in again.tracks[0] if not message.is_meta))
texts = [str(message) for message in mido.merge_tracks(again.tracks) if not message.is_meta]
print(again.length, len(list(parser)), len([mido.Message.from_str(text) for text in texts[:5_000]]))
