using System.Buffers.Binary;
using System.Text;
using OrleansRaft.ReplicatedGrains.Calls;

namespace OrleansRaft.ReplicatedGrains.Execution;

/// <summary>Which grain a state belongs to.</summary>
/// <param name="Class">Its class.</param>
/// <param name="Partition">Its partition, by which its group was chosen.</param>
/// <param name="Key">Its key in the partition.</param>
/// <remarks>
/// In the state of the group a grain without a partition of its own is <c>name 0 key</c>, and one with a partition <c>name 1 length partition
/// key</c>, with two bytes for the length, so that the grains of a class in a partition lie together. Names of classes hold neither byte.
/// </remarks>
internal readonly record struct StateKey(GrainClass Class, string Partition, string Key)
{
    /// <summary>The most bytes of one.</summary>
    public const int BytesMax = GrainClass.NameBytesMax + 3 + (2 * GrainKey.BytesMax);

    private const byte Alone = 0;
    private const byte InPartition = 1;

    /// <inheritdoc/>
    public bool Equals(StateKey other) => Class == other.Class && Key == other.Key && Partition == other.Partition;

    /// <summary>Most grains are their own partition: one text to go through.</summary>
    public override int GetHashCode() => Partition == Key ? Key.GetHashCode(StringComparison.Ordinal) : HashCode.Combine(Partition, Key);

    /// <summary>Writes it.</summary>
    /// <param name="output">Room for <see cref="BytesMax"/>.</param>
    /// <returns>What was written.</returns>
    public ReadOnlySpan<byte> Write(Span<byte> output)
    {
        Class.NameBytes.CopyTo(output);
        var place = Class.NameBytes.Length;
        if (Partition == Key)
        {
            output[place++] = Alone;
        }
        else
        {
            output[place++] = InPartition;
            var length = Encoding.UTF8.GetBytes(Partition, output[(place + sizeof(ushort))..]);
            BinaryPrimitives.WriteUInt16BigEndian(output[place..], (ushort)length);
            place += sizeof(ushort) + length;
        }

        return output[..(place + Encoding.UTF8.GetBytes(Key, output[place..]))];
    }

    /// <summary>The name of the class in the bytes of a key.</summary>
    public static ReadOnlySpan<byte> NameOf(ReadOnlySpan<byte> key) => key[..Math.Max(0, key.IndexOfAny(Alone, InPartition))];
}
