using System.Buffers;
using System.Text;
using OrleansRaft.Runtime.State;

namespace OrleansRaft.Runtime.Tests.State;

/// <summary>A keyed state beside what it should be, in the plainest words: a sorted dictionary of copies.</summary>
internal sealed class StateBench(Random random)
{
    public KeyedState State { get; } = new();

    public SortedDictionary<string, byte[]> Model { get; } = new(StringComparer.Ordinal);

    /// <summary>A new generator of random numbers, whose seed every failure prints.</summary>
    public static Random Seeded(out int seed)
    {
        seed = Random.Shared.Next();
        return new Random(seed);
    }

    /// <summary>A key of a model, in which each character is a byte.</summary>
    public static byte[] Bytes(string key) => Encoding.Latin1.GetBytes(key);

    public static byte[] Written(KeyedState state)
    {
        using var view = state.View();
        return Written(view);
    }

    public static byte[] Written(KeyedStateView view)
    {
        var output = new ArrayBufferWriter<byte>();
        view.Write(output);
        return output.WrittenSpan.ToArray();
    }

    public static KeyedState Restored(byte[] bytes)
    {
        var state = new KeyedState();
        using var stream = new MemoryStream(bytes);
        state.Restore(stream);
        stream.ReadByte().ShouldBe(-1, "everything is read");
        return state;
    }

    /// <summary>One random change: mostly of few keys, so that they meet, some with values that lie outside of leaves.</summary>
    public void Change(int keys)
    {
        var key = Key(keys);
        if (random.Next(0, 3) == 0)
        {
            State.Remove(Bytes(key)).ShouldBe(Model.Remove(key));
            return;
        }

        var value = Value();
        State.Set(Bytes(key), value).ShouldBe(!Model.ContainsKey(key));
        Model[key] = value;
    }

    public void Set(string key, byte[] value)
    {
        State.Set(Bytes(key), value);
        Model[key] = value;
    }

    public void Remove(string key) => State.Remove(Bytes(key)).ShouldBe(Model.Remove(key));

    public string Key(int keys)
    {
        var number = random.Next(0, keys);
        return (number % 5) switch
        {
            0 => number == 0 ? "" : new string((char)(number % 256), 1 + (number % 40)),
            1 => $"a/{number:x}",
            2 => $"a/{number:x}/\0",
            3 => $"\u00ff{number * 7919}",
            _ => new string('k', number % 300) + number,
        };
    }

    public byte[] Value()
    {
        var value = new byte[random.Next(0, 10) switch
        {
            0 => 0,
            1 => LargeValue.InlineBytesMax,
            2 => LargeValue.InlineBytesMax + 1,
            3 => random.Next(0, 3_000),
            _ => random.Next(0, 40),
        }];
        random.NextBytes(value);
        return value;
    }

    /// <summary>Demands that the state is its model, in every way in which one can ask it.</summary>
    public void Verify()
    {
        State.Count.ShouldBe(Model.Count);
        State.Bytes.ShouldBe(Model.Sum(pair => (long)pair.Key.Length + pair.Value.Length));
        Verify(State.Entries(), Model);
        using var view = State.View();
        Verify(view, Model, State.Digest);
        Fresh().Digest.ShouldBe(State.Digest, "a digest knows no history");
    }

    public static void Verify(KeyedStateView view, SortedDictionary<string, byte[]> model, UInt128 digest)
    {
        view.Count.ShouldBe(model.Count);
        view.Digest.ShouldBe(digest);
        Verify(view.Entries(), model);
    }

    public static void Verify(KeyedEntries entries, IEnumerable<KeyValuePair<string, byte[]>> expected)
    {
        using var left = expected.GetEnumerator();
        foreach (var (key, value) in entries)
        {
            left.MoveNext().ShouldBeTrue("there is an entry too many");
            Encoding.Latin1.GetString(key).ShouldBe(left.Current.Key);
            value.SequenceEqual(left.Current.Value).ShouldBeTrue("a value is another");
        }

        left.MoveNext().ShouldBeFalse("an entry is missing");
    }

    /// <summary>The same contents, without their history.</summary>
    public KeyedState Fresh()
    {
        var state = new KeyedState();
        foreach (var (key, value) in Model.Reverse())
        {
            state.Set(Bytes(key), value);
        }

        return state;
    }
}
