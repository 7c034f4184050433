namespace OrleansRaft.Grains.Admin;

/// <summary>How far the departure of a silo for good has come.</summary>
/// <param name="Silo">The silo's name.</param>
/// <param name="Moved">How many members were moved from its local store to others', by this request.</param>
/// <param name="Left">How many still have to be: the request is to be sent again. Always 0 where every silo reaches the store.</param>
/// <param name="IsLeaving">Whether it was told to leave: it hands its leaderships over, stops, and nobody waits for its return.</param>
public sealed record Decommissioning(string Silo, int Moved, int Left, bool IsLeaving);
