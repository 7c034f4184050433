using System.Buffers.Binary;
using System.Text;

namespace OrleansRaft;

/// <summary>What a call of a replicated grain may know besides its arguments and its state: the same on every replica.</summary>
public sealed class ReplicatedCallContext
{
    private readonly ReadOnlyMemory<byte> requestId;

    internal ReplicatedCallContext(EntryId entry, DateTimeOffset? utc, LogTime elapsed, int version, ReadOnlyMemory<byte> requestId)
    {
        Elapsed = TimeSpan.FromMilliseconds(elapsed.Value);
        (Entry, Time, Version, this.requestId) = (entry, utc ?? DateTimeOffset.UnixEpoch + Elapsed, version, requestId);
    }

    /// <summary>
    /// What time it was when the leader appended the entry, in UTC; for a read, the last entry that it sees. It never goes back within a group, and
    /// is within a minute of what most of its members' clocks said.
    /// </summary>
    /// <remarks>
    /// While the cluster works at feature level 1, whose entries have no such stamp, it is 1970-01-01T00:00:00Z and <see cref="Elapsed"/>, and goes
    /// on from there to the present when the level is raised.
    /// </remarks>
    public DateTimeOffset Time { get; }

    /// <summary>
    /// How long the group has existed: for durations and deadlines, since no wall clock moves it, and nothing of it passes without a leader.
    /// </summary>
    public TimeSpan Elapsed { get; }

    /// <summary>The entry of the log that holds the call; for a read, the last one that it sees.</summary>
    public EntryId Entry { get; }

    /// <summary>The version that is in force in the group: at most what all of its silos support.</summary>
    public int Version { get; }

    /// <summary>The id under which the caller made the call; null where it gave none, and for reads.</summary>
    public string? RequestId => requestId.IsEmpty ? null : field ??= Encoding.UTF8.GetString(requestId.Span);

    /// <summary>
    /// Random numbers, other ones for each entry and the same on each replica. Not for secrets: whoever knows the entry knows them.
    /// </summary>
    public Random Random => field ??= new EntryRandom(Entry);

#pragma warning disable CA5394 // Replicas have to draw the same numbers; nothing secret is made of them.
    /// <summary>A new id, another one for each call of this method and the same on each replica.</summary>
    public Guid NewGuid()
    {
        Span<byte> bytes = stackalloc byte[16];
        Random.NextBytes(bytes);
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes, bigEndian: true);
    }

    /// <summary>SplitMix64 from an entry: fixed for ever, unlike the algorithm of the framework.</summary>
    private sealed class EntryRandom(EntryId entry) : Random(0)
    {
        private ulong state = unchecked(((ulong)entry.Index.Value * 0xD134_2543_DE82_EF95) ^ ((ulong)entry.Term.Value * 0x9E37_79B9_7F4A_7C15));

        public override int Next() => (int)NextBelow(int.MaxValue);

        public override int Next(int maxValue)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(maxValue);
            return maxValue == 0 ? 0 : (int)NextBelow((ulong)maxValue);
        }

        public override int Next(int minValue, int maxValue) => (int)NextInt64(minValue, maxValue);

        public override long NextInt64() => (long)NextBelow(long.MaxValue);

        public override long NextInt64(long maxValue)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(maxValue);
            return maxValue == 0 ? 0 : (long)NextBelow((ulong)maxValue);
        }

        public override long NextInt64(long minValue, long maxValue)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(minValue, maxValue);
            var range = unchecked((ulong)maxValue - (ulong)minValue);
            return range == 0 ? minValue : unchecked(minValue + (long)NextBelow(range));
        }

        public override double NextDouble() => (NextBits() >> 11) * (1.0 / (1UL << 53));

        public override float NextSingle() => (NextBits() >> 40) * (1.0f / (1UL << 24));

        public override void NextBytes(byte[] buffer)
        {
            ArgumentNullException.ThrowIfNull(buffer);
            NextBytes(buffer.AsSpan());
        }

        public override void NextBytes(Span<byte> buffer)
        {
            Span<byte> bits = stackalloc byte[sizeof(ulong)];
            while (buffer.Length > 0)
            {
                BinaryPrimitives.WriteUInt64LittleEndian(bits, NextBits());
                var length = Math.Min(bits.Length, buffer.Length);
                bits[..length].CopyTo(buffer);
                buffer = buffer[length..];
            }
        }

        protected override double Sample() => NextDouble();

        /// <summary>Each number is equally likely: what would make the first ones likelier is drawn again.</summary>
        private ulong NextBelow(ulong limit)
        {
            var rest = unchecked(0 - limit) % limit;
            while (true)
            {
                var high = Math.BigMul(NextBits(), limit, out var low);
                if (low >= rest)
                {
                    return high;
                }
            }
        }

        private ulong NextBits()
        {
            unchecked
            {
                state += 0x9E37_79B9_7F4A_7C15;
                var bits = (state ^ (state >> 30)) * 0xBF58_476D_1CE4_E5B9;
                bits = (bits ^ (bits >> 27)) * 0x94D0_49BB_1331_11EB;
                return bits ^ (bits >> 31);
            }
        }
    }
#pragma warning restore CA5394
}
