using System.Buffers;
using OrleansRaft.Core.Codec;

namespace OrleansRaft.Runtime.Lives;

/// <summary>How the lives of one silo ended, as its store remembers: it decides whether the next life begins carefully.</summary>
/// <param name="IsOver">Whether the last life ended in order.</param>
/// <param name="UncleanEnd">When a start last found that the life before it had not; null when that never was.</param>
public readonly record struct SiloLives(bool IsOver, DateTimeOffset? UncleanEnd)
{
    private const byte FormatVersion = 1;

    /// <summary>Two unclean ends within this time are one too many.</summary>
    public static TimeSpan Window { get; } = TimeSpan.FromMinutes(10);

    /// <summary>Begins a life.</summary>
    /// <param name="before">What is remembered; null for a silo that has not lived yet.</param>
    /// <param name="now">The wall clock. A clock that jumps makes a careful start too many or too few, and harms nothing.</param>
    /// <returns>What to remember from now on, and whether the silo should begin carefully.</returns>
    public static (SiloLives Now, bool IsCareful) Begin(SiloLives? before, DateTimeOffset now) => before switch
    {
        null => (new SiloLives(false, null), false),
        { IsOver: true } last => (last with { IsOver = false }, false),
        { } last => (new SiloLives(false, now), last.UncleanEnd is { } earlier && (now - earlier).Duration() <= Window),
    };

    /// <summary>Ends a life in order.</summary>
    public SiloLives End() => this with { IsOver = true };

    /// <summary>The binary form.</summary>
    public byte[] Encode()
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new WireWriter(output);
        writer.WriteByte(FormatVersion);
        writer.WriteBoolean(IsOver);
        writer.WriteInt64(UncleanEnd?.UtcTicks ?? 0);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>Reads the binary form.</summary>
    /// <returns>Null for bytes that this program does not know: how lives ended is a hint, and no reason to refuse a start.</returns>
    public static SiloLives? Decode(ReadOnlyMemory<byte> encoded)
    {
        try
        {
            var reader = new WireReader(encoded);
            if (reader.ReadByte() != FormatVersion)
            {
                return null;
            }

            var isOver = reader.ReadBoolean();
            var ticks = reader.ReadInt64();
            reader.RequireEnd();
            return new SiloLives(isOver, ticks == 0 ? null : new DateTimeOffset(ticks, TimeSpan.Zero));
        }
        catch (Exception exception) when (exception is CorruptDataException or ArgumentOutOfRangeException)
        {
            return null;
        }
    }
}
