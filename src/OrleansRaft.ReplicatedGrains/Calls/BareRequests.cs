using System.Linq.Expressions;

namespace OrleansRaft.ReplicatedGrains.Calls;

/// <summary>Calls without arguments, by their bytes: one that was read once is made anew instead of being read. Any thread.</summary>
internal sealed class BareRequests
{
    // More than the methods without parameters that are called all the time; others are read each time, and so is what nobody sends in earnest.
    private const int KnownMax = 16;
    private const int BytesMax = 512;

    private Known[] known = [];

    /// <summary>A call that has these bytes; null where none is known.</summary>
    public IRequest? Make(ReadOnlySpan<byte> bytes)
    {
        foreach (var one in Volatile.Read(ref known))
        {
            if (bytes.SequenceEqual(one.Bytes))
            {
                return one.Make();
            }
        }

        return null;
    }

    /// <summary>Takes note of a call that was read.</summary>
    public void Learn(ReadOnlySpan<byte> bytes, IRequest request)
    {
        var before = Volatile.Read(ref known);
        if (request.GetArgumentCount() == 0
            && bytes.Length <= BytesMax
            && before.Length < KnownMax
            && request.GetType().GetConstructor([]) is { } constructor)
        {
            // Where two threads learn at once, one of them does so again later.
            var make = Expression.Lambda<Func<IRequest>>(Expression.Convert(Expression.New(constructor), typeof(IRequest))).Compile();
            Interlocked.CompareExchange(ref known, [.. before, new Known(bytes.ToArray(), make)], before);
        }
    }

    private sealed record Known(byte[] Bytes, Func<IRequest> Make);
}
