namespace OrleansRaft.ReplicatedGrains.Execution;

/// <summary>
/// The states of keys that were called lately, as objects, beside their bytes: a call need not read them. Bounded, and of no effect on what calls
/// do.
/// </summary>
/// <remarks>
/// Two generations: where the younger is full it becomes the older, whose states are forgotten unless they were asked for meanwhile.
/// </remarks>
/// <param name="most">How many are kept, about.</param>
internal sealed class WarmStates(int most)
{
    private Dictionary<StateKey, WarmState> young = [];
    private Dictionary<StateKey, WarmState> old = [];

    /// <summary>How many there are.</summary>
    public int Count => young.Count + old.Count;

    /// <summary>Where the state of a key is kept; null when it is not.</summary>
    public WarmState? Find(in StateKey key)
    {
        if (young.TryGetValue(key, out var place))
        {
            return place;
        }

        if (old.Remove(key, out place))
        {
            Add(key, place);
        }

        return place;
    }

    /// <summary>Keeps a state whose bytes are those of its key.</summary>
    public void Put(in StateKey key, object state)
    {
        if (Find(key) is { } place)
        {
            place.Put(state);
            return;
        }

        place = new WarmState();
        place.Put(state);
        Add(key, place);
    }

    /// <summary>Forgets all.</summary>
    public void Clear()
    {
        young.Clear();
        old.Clear();
    }

    private void Add(in StateKey key, WarmState place)
    {
        if (young.Count >= most / 2)
        {
            (old, young) = (young, old);
            young.Clear();
        }

        young[key] = place;
    }
}

/// <summary>The place of one state.</summary>
internal sealed class WarmState
{
    private object? state;

    /// <summary>
    /// Takes the state out, so that nobody else gets it meanwhile: whoever has it puts it back unchanged, or with its new bytes, or not.
    /// </summary>
    public object? Take()
    {
        var taken = state;
        state = null;
        return taken;
    }

    /// <summary>Keeps a state whose bytes are those of its key.</summary>
    public void Put(object kept) => state = kept;
}
