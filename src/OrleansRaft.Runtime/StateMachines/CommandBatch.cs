using OrleansRaft.Runtime.Sessions;

namespace OrleansRaft.Runtime.StateMachines;

/// <summary>Commands on their way into a state machine, in arrays that are used again.</summary>
internal sealed class CommandBatch<TCommand, TResult>
{
    private Command<TCommand>[] commands = new Command<TCommand>[16];
    private TResult[] results = new TResult[16];
    private RequestRecord[] records = new RequestRecord[16];

    public int Count { get; private set; }

    public ReadOnlySpan<Command<TCommand>> Commands => commands.AsSpan(0, Count);

    public Span<TResult> Results => results.AsSpan(0, Count);

    public ReadOnlySpan<RequestRecord> Records => records.AsSpan(0, Count);

    public void Add(in Command<TCommand> command, RequestRecord record)
    {
        if (Count == commands.Length)
        {
            Array.Resize(ref commands, 2 * Count);
            Array.Resize(ref results, 2 * Count);
            Array.Resize(ref records, 2 * Count);
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
