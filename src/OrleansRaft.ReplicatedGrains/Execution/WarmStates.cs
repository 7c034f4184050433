namespace OrleansRaft.ReplicatedGrains.Execution;

/// <summary>
/// The states of keys that were written lately, as objects, beside their bytes: a call need not read them. Bounded, and of no effect on what calls
/// do.
/// </summary>
/// <remarks>Two generations: where the younger is full it becomes the older, whose states are forgotten unless they were taken meanwhile.</remarks>
/// <param name="most">How many are kept, about.</param>
internal sealed class WarmStates(int most)
{
    private Dictionary<StateKey, object> young = [];
    private Dictionary<StateKey, object> old = [];

    /// <summary>How many there are.</summary>
    public int Count => young.Count + old.Count;

    /// <summary>Takes a state out: whoever has it changes it, and puts it back or not.</summary>
    public object? Take(in StateKey key) => young.Remove(key, out var state) || old.Remove(key, out state) ? state : null;

    /// <summary>Keeps a state whose bytes are those of its key.</summary>
    public void Put(in StateKey key, object state)
    {
        if (young.Count >= most / 2)
        {
            (old, young) = (young, old);
            young.Clear();
        }

        young[key] = state;
    }

    /// <summary>Forgets all.</summary>
    public void Clear()
    {
        young.Clear();
        old.Clear();
    }
}
