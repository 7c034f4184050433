namespace OrleansRaft.Simulation.Machine;

/// <summary>How state machines are not deterministic, as users' may be without knowing: nothing shows it but the bytes of their states.</summary>
internal enum Deviation
{
    None = 0,

    /// <summary>They keep something that each replica makes up by itself, such as a new id.</summary>
    Randomness = 1,

    /// <summary>They write what they hold in an order that is another on other nodes, as an unordered collection does.</summary>
    Order = 2,
}
