using System.Text;

namespace OrleansRaft.Integration.Tests.Fuzzing;

/// <summary>
/// Makes bad inputs of good ones: a few bytes changed, cut out, repeated, put in, or taken from another; now and then nothing but noise.
/// </summary>
internal sealed class Mutator(int seed)
{
    private static readonly byte[][] Tokens =
    [
        [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F],
        [0xFF, 0xFF, 0xFF, 0xFF, 0x07],
        [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
        [0],
        [0x7F],
        [0xC3],
        .. new[]
        {
            "{",
            "}",
            "[",
            "]",
            "\"",
            ":",
            ",",
            "null",
            "true",
            "-1",
            "0",
            "1e999",
            "9223372036854775808",
            "\\ud800",
            "\\u0000",
            "%00",
            "%",
            "&",
            "=",
            "\n",
            "\"op\":", "\"id\":1", "\"body\":", "\"type\":\"raft\"", new string('[', 200), new string('9', 400),
        }.Select(Encoding.UTF8.GetBytes),
    ];

    private readonly Random random = new(seed);

    public byte[] Next(IReadOnlyList<byte[]> samples)
    {
        if (random.Next(20) == 0)
        {
            var noise = new byte[random.Next(200)];
            random.NextBytes(noise);
            return noise;
        }

        var bytes = new List<byte>(samples[random.Next(samples.Count)]);
        for (var changes = random.Next(1, 5); changes > 0; changes--)
        {
            Change(bytes, samples);
        }

        return [.. bytes];
    }

    private void Change(List<byte> bytes, IReadOnlyList<byte[]> samples)
    {
        var place = random.Next(bytes.Count + 1);
        var length = Math.Min(random.Next(1, 16), bytes.Count - place);
        switch (random.Next(7))
        {
            case 0 when place < bytes.Count:
                bytes[place] ^= (byte)(1 << random.Next(8));
                break;
            case 1 when place < bytes.Count:
                bytes[place] = (byte)random.Next(256);
                break;
            case 2:
                bytes.RemoveRange(place, length);
                break;
            case 3:
                bytes.InsertRange(place, bytes.GetRange(place, length));
                break;
            case 4:
                bytes.InsertRange(place, Tokens[random.Next(Tokens.Length)]);
                break;
            case 5:
                bytes.RemoveRange(place, bytes.Count - place);
                break;
            default:
                var other = samples[random.Next(samples.Count)];
                bytes.RemoveRange(place, bytes.Count - place);
                bytes.AddRange(other.Skip(random.Next(other.Length + 1)));
                break;
        }
    }
}
