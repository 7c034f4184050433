using System.Buffers;
using System.Collections.Immutable;
using OrleansRaft.Core.Codec;
using OrleansRaft.Runtime.StateMachines;

namespace OrleansRaft.Runtime.Tests;

/// <summary>Like <see cref="TextMachine"/>, with views.</summary>
internal class ViewedMachine : IViewStateMachine<string, string>
{
    private ImmutableList<string> lines = [];

    public IReadOnlyList<string> Lines => lines;

    /// <summary>The views that were taken.</summary>
    public List<View> Views { get; } = [];

    /// <summary>What the next views throw when they are taken, or written.</summary>
    public (Exception? Take, Exception? Write) Failure { get; set; }

    /// <summary>What a restore does first.</summary>
    public Action? OnRestore { get; set; }

    /// <summary>What a query does first.</summary>
    public Action? OnQuery { get; set; }

    public void Apply(ReadOnlySpan<Command<string>> commands, Span<string> results)
    {
        for (var i = 0; i < commands.Length; i++)
        {
            lines = lines.Add($"{commands[i].Key}={commands[i].Value}");
            results[i] = $"{lines.Count}:{commands[i].Value}";
        }
    }

    public string Query(in Command<string> query)
    {
        OnQuery?.Invoke();
        return string.Join(',', lines);
    }

    public IStateView TakeView()
    {
        if (Failure.Take is { } failure)
        {
            throw failure;
        }

        Views.Add(new View(lines, Failure.Write));
        return Views[^1];
    }

    public void Restore(Stream snapshot)
    {
        OnRestore?.Invoke();
        using var all = new MemoryStream();
        snapshot.CopyTo(all);
        var reader = new WireReader(all.ToArray());
        var read = ImmutableList.CreateBuilder<string>();
        while (reader.Remaining > 0)
        {
            read.Add(reader.ReadString());
        }

        lines = read.ToImmutable();
    }

    internal sealed class View(ImmutableList<string> lines, Exception? failure) : IStateView
    {
        public int Disposals { get; private set; }

        public int Writes { get; private set; }

        public void Write(IBufferWriter<byte> output)
        {
            Writes++;
            foreach (var line in lines)
            {
                new WireWriter(output).WriteString(line);
            }

            if (failure is not null)
            {
                throw failure;
            }
        }

        public void Dispose() => Disposals++;
    }
}

/// <summary>One of the library's own: it runs on the turn.</summary>
internal sealed class BoundedViewedMachine : ViewedMachine, IBoundedTime;
