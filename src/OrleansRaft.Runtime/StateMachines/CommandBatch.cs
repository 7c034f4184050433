using OrleansRaft.Runtime.Sessions;

namespace OrleansRaft.Runtime.StateMachines;

/// <summary>Commands on their way into a state machine, in arrays that are used again.</summary>
internal sealed class CommandBatch<TCommand, TResult>
{
    // Empty until something is applied: most groups of a large cluster are idle.
    private Command<TCommand>[] commands = [];
    private TResult[] results = [];
    private RequestRecord[] records = [];

    public int Count { get; private set; }

    public ReadOnlySpan<Command<TCommand>> Commands => commands.AsSpan(0, Count);

    public Span<TResult> Results => results.AsSpan(0, Count);

    public ReadOnlySpan<RequestRecord> Records => records.AsSpan(0, Count);

    public void Add(in Command<TCommand> command, RequestRecord record)
    {
        if (Count == commands.Length)
        {
            var length = Math.Max(4, 2 * Count);
            Array.Resize(ref commands, length);
            Array.Resize(ref results, length);
            Array.Resize(ref records, length);
        }

        commands[Count] = command;
        records[Count] = record;
        Count++;
    }

    public void Clear()
    {
        Array.Clear(commands, 0, Count);
        Array.Clear(results, 0, Count);
        Array.Clear(records, 0, Count);
        Count = 0;
    }
}
