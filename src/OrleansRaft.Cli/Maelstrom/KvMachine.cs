using System.Buffers;
using OrleansRaft.Core.Codec;
using OrleansRaft.Runtime.StateMachines;

namespace OrleansRaft.Cli.Maelstrom;

/// <summary>Values by key: the state that the workload <c>lin-kv</c> is about.</summary>
internal sealed class KvMachine : IStateMachine<KvCommand, KvResult>
{
    private readonly SortedDictionary<string, string> values = new(StringComparer.Ordinal);

    /// <summary>The machine behind its codecs and session tables.</summary>
    public static IStateMachineHost Host() =>
        new StateMachineHost<KvCommand, KvResult>(new KvMachine(), KvCommandCodec.Instance, KvResultCodec.Instance);

    /// <inheritdoc/>
    public void Apply(ReadOnlySpan<Command<KvCommand>> commands, Span<KvResult> results)
    {
        for (var i = 0; i < commands.Length; i++)
        {
            results[i] = Apply(commands[i].Value);
        }
    }

    /// <inheritdoc/>
    public KvResult Query(in Command<KvCommand> query) => Read(query.Value.Key);

    /// <inheritdoc/>
    public void Capture(IBufferWriter<byte> output)
    {
        var writer = new WireWriter(output);
        writer.WriteVarint(values.Count);
        foreach (var (key, value) in values)
        {
            writer.WriteString(key);
            writer.WriteString(value);
        }
    }

    /// <inheritdoc/>
    public void Restore(ReadOnlyMemory<byte> snapshot)
    {
        values.Clear();
        if (snapshot.IsEmpty)
        {
            return;
        }

        var reader = new WireReader(snapshot);
        for (var left = reader.ReadCount(2); left > 0; left--)
        {
            if (!values.TryAdd(reader.ReadString(), reader.ReadString()))
            {
                throw new CorruptDataException("the snapshot has a key twice");
            }
        }

        reader.RequireEnd();
    }

    private KvResult Apply(KvCommand command)
    {
        if (command.Action == KvAction.Read)
        {
            return Read(command.Key);
        }

        var isThere = values.TryGetValue(command.Key, out var found);
        if (command.Action != KvAction.Write)
        {
            if (!isThere && command.Action == KvAction.CompareAndSet)
            {
                return new KvResult(KvAnswer.NoSuchKey, "");
            }

            if (isThere && found != command.Expected)
            {
                return new KvResult(KvAnswer.OtherValue, found!);
            }
        }

        values[command.Key] = command.Value;
        return new KvResult(KvAnswer.Ok, "");
    }

    private KvResult Read(string key) =>
        values.TryGetValue(key, out var found) ? new KvResult(KvAnswer.Ok, found) : new KvResult(KvAnswer.NoSuchKey, "");
}
