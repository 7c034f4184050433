using System.Buffers;

namespace OrleansRaft.Storage.TestKit;

/// <summary>A view that writes what the test wants.</summary>
public sealed class ActionView(Action<IBufferWriter<byte>> write) : IStateView
{
    private int disposals;

    public int Disposals => Volatile.Read(ref disposals);

    public void Write(IBufferWriter<byte> output) => write(output);

    public void Dispose() => Interlocked.Increment(ref disposals);
}

/// <summary>A view that writes a state in pieces of one length.</summary>
public sealed class PiecewiseView(byte[] state, int pieceBytes) : IStateView
{
    public void Write(IBufferWriter<byte> output)
    {
        for (var offset = 0; offset < state.Length; offset += pieceBytes)
        {
            var piece = state.AsSpan(offset, Math.Min(pieceBytes, state.Length - offset));
            piece.CopyTo(output.GetSpan(piece.Length));
            output.Advance(piece.Length);
        }
    }

    public void Dispose()
    {
    }
}

/// <summary>A state that is made as it is written, and checked as it is read: nobody ever holds all of it.</summary>
public static class GeneratedState
{
    private const int PieceBytes = 64 * 1024;

    public static IStateView View(long sizeBytes) => new ActionView(output =>
    {
        for (long offset = 0; offset < sizeBytes;)
        {
            var span = output.GetSpan();
            var length = (int)Math.Min(Math.Min(span.Length, PieceBytes), sizeBytes - offset);
            Fill(span[..length], offset);
            output.Advance(length);
            offset += length;
        }
    });

    /// <summary>Reads a stream to its end.</summary>
    /// <returns>How many bytes there were, all of them right.</returns>
    public static long Check(Stream stream)
    {
        using (stream)
        {
            var (buffer, right) = (new byte[PieceBytes], new byte[PieceBytes]);
            for (long offset = 0; ;)
            {
                var length = stream.Read(buffer);
                if (length == 0)
                {
                    return offset;
                }

                Fill(right.AsSpan(0, length), offset);
                var isRight = buffer.AsSpan(0, length).SequenceEqual(right.AsSpan(0, length));
                isRight.ShouldBeTrue($"the bytes from {offset} on are those that were written");
                offset += length;
            }
        }
    }

    /// <summary>No two places of a large state look alike.</summary>
    public static void Fill(Span<byte> bytes, long offset)
    {
        for (var i = 0; i < bytes.Length; i++)
        {
            var place = (ulong)(offset + i);
            bytes[i] = (byte)(((place >> 3) * 0x9E3779B97F4A7C15) >> (int)(8 * (place & 7)));
        }
    }
}
