using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics;

namespace OrleansRaft.Benchmarks.Slow;

/// <summary>A command, or a query, that takes its time.</summary>
/// <param name="Microseconds">How long.</param>
/// <param name="IsBusy">Whether it keeps a core busy; otherwise it waits, as for a lock.</param>
[GenerateSerializer, Alias("benchmark-slow-command")]
public sealed record SlowCommand([property: Id(0)] int Microseconds, [property: Id(1)] bool IsBusy);

/// <summary>Counts commands that take their time.</summary>
public sealed class SlowMachine : IStateMachine<SlowCommand, long>
{
    /// <summary>The name of its set of groups.</summary>
    public const string SetName = "slow";

    private static readonly ManualResetEventSlim Never = new();
    private long count;

    /// <summary>Takes the time of one command.</summary>
    public static void Spend(SlowCommand command)
    {
        var began = Stopwatch.GetTimestamp();
        var time = TimeSpan.FromMicroseconds(command.Microseconds);
        while (Stopwatch.GetElapsedTime(began) < time)
        {
            if (!command.IsBusy)
            {
                Never.Wait(time);
            }
        }
    }

    /// <inheritdoc/>
    public void Apply(ReadOnlySpan<Command<SlowCommand>> commands, Span<long> results)
    {
        for (var at = 0; at < commands.Length; at++)
        {
            Spend(commands[at].Value);
            results[at] = ++count;
        }
    }

    /// <inheritdoc/>
    public long Query(in Command<SlowCommand> query)
    {
        Spend(query.Value);
        return count;
    }

    /// <inheritdoc/>
    public void Capture(IBufferWriter<byte> output)
    {
        BinaryPrimitives.WriteInt64LittleEndian(output.GetSpan(sizeof(long)), count);
        output.Advance(sizeof(long));
    }

    /// <inheritdoc/>
    public void Restore(ReadOnlyMemory<byte> snapshot) => count = snapshot.IsEmpty ? 0 : BinaryPrimitives.ReadInt64LittleEndian(snapshot.Span);
}
